"""Slack: Events API payloads in, Block Kit out. The only package that imports slack_bolt and slack_sdk."""
