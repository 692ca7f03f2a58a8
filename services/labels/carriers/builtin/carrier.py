"""
The carrier that is always there: the seller's own numbers, a label we print, nobody to call.

It cannot refuse and its outcome is never unknown; what it lacks is checked before a number is drawn.
"""

from collections.abc import Sequence

from services.labels.carriers.builtin.label import render_labels
from services.labels.carriers.builtin.sscc import sscc
from services.labels.domain.carrier import (
    CarrierAbilities,
    CarrierSettings,
    CreatedLabel,
    LabelContent,
    LabelRequest,
)
from shared.kernel.clock import Clock
from shared.kernel.ports import Intent, TooLate

# What it does of an order's duties: nothing that needs the carrier's driver or its papers. A customised article is
# made by the seller; the parcel does not differ.
_DUTIES = frozenset({"customization"})


class BuiltinCarrier:
    """Implements `usecases.ports.Carrier`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def abilities(self) -> CarrierAbilities:
        return CarrierAbilities(
            name="builtin",
            duties=_DUTIES,
            pickup_points=False,
            formats=("pdf",),
            own_numbers=True,
            write="keyed",
        )

    def number(self, settings: CarrierSettings, serial: int) -> str:
        """An SSCC of the seller's GS1 company prefix."""
        return sscc(settings.extension, settings.gs1_prefix, serial)

    async def create(self, intent: Intent[LabelRequest]) -> CreatedLabel:
        """The number drawn is the parcel's. Raises TooLate: a process that was stopped for long must not go on."""
        if self._clock.monotonic() > intent.send_before_monotonic:
            raise TooLate
        request = intent.value
        if request.number is None:
            raise ValueError("the built-in carrier's numbers are drawn before")
        settings = request.settings
        return CreatedLabel(settings.carrier_name, request.number, settings.tracking_url(request.number))

    def render(self, contents: Sequence[LabelContent]) -> bytes:
        return render_labels(contents)
