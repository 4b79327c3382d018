"""For every test: the collector looks for cycles seldom, since what moto and botocore hold is much and stays."""

import gc

gc.set_threshold(100_000, 50, 100)
