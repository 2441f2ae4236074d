"""The national statistics office: the register of administrative units, its reform of 2025, its lists."""
