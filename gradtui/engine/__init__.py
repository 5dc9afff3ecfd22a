"""The engine: networks as programs of kernels over one arena."""
