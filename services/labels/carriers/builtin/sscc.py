"""SSCC-18, GS1's number of a parcel: extension digit, company prefix, serial and check digit (mod 10)."""

_DIGITS_WITHOUT_CHECK = 17


def serial_digits(gs1_prefix: str) -> int:
    """How many digits the prefix leaves for serials."""
    return _DIGITS_WITHOUT_CHECK - 1 - len(gs1_prefix)


def sscc(extension: int, gs1_prefix: str, serial: int) -> str:
    """18 digits. ValueError: the serial does not fit beside the prefix."""
    width = serial_digits(gs1_prefix)
    if not 0 <= serial < 10**width:
        raise ValueError(f"serial does not fit in {width} digits")
    digits = f"{extension}{gs1_prefix}{serial:0{width}d}"
    return digits + str(check_digit(digits))


def check_digit(digits: str) -> int:
    """GS1's mod 10: from the right, weights 3, 1, 3, 1…"""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10
