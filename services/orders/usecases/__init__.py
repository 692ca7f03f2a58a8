"""What orders does, one verb a file, and the ports it needs. No framework, no commit."""
