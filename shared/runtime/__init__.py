"""
How a process of ours starts, logs, is watched and stops; settings are read here and passed in.

Knows nothing of what the services do. Other packages take a logger by `structlog.get_logger()`.
"""
