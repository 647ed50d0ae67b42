"""How fast Semarak is, always beside a named reference in the same run."""
