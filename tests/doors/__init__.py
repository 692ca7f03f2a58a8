"""Every operation of our APIs, tried with generated requests as every kind of caller there is. Run: `make doors`."""
