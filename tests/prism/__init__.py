"""Our own client before Prism, which serves the official models and knows nothing of us or of the sandbox."""
