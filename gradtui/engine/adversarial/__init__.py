"""Two networks against each other: a generator of samples, and a discriminator that tells them from data."""
