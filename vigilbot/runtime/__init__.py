"""What every part of the process runs on: time, background tasks, logs, metrics. Decides nothing."""
