"""Transformer encoders: blocks of attention and feed-forward halves, batch-major in memory."""
