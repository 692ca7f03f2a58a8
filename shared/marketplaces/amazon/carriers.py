"""
Amazon's carrier codes, as data: what `carrierCode` may say in which store, in Amazon's exact case.

Amazon compares the code letter by letter and takes the wrong case for `Other` (seen in its announcement #772), so a
name is matched here without regard to case and sent as Amazon writes it; `carrierName` goes along, so that a code
Amazon has dropped since still names the carrier. Sources (read 2026-11): the enumeration of the
order-fulfilment feed's schema, valid in all stores; Seller Central help page 641 of Singapore; the announcement that
India no longer accepts `Other` for orders sellers ship themselves, with its list. A carrier missing here still works
everywhere else, as `Other` with its name.
"""

from collections.abc import Mapping

from shared.kernel.errors import Refused

OTHER = "Other"
_INDIA = "A21TJRUUN4KGV"
_SINGAPORE = "A19VAU5U5O7RUS"

_EVERYWHERE = (
    "AFL/Fedex", "Aramex", "Blue Package", "BlueDart", "Canada Post", "Chronopost", "City Link", "DHL",
    "DHL Global Mail", "DPD", "DTDC", "Delhivery", "Deutsche Post", "FEDEX_JP", "Fastway", "FedEx", "FedEx SmartPost",
    "First Flight", "GLS", "GO!", "Hermes Logistik Gruppe", "India Post", "JP_EXPRESS", "La Poste", "Lasership",
    "NITTSU", "Newgistics", "NipponExpress", "OSM", "OnTrac", "Overnite Express", "Parcelforce", "Parcelnet",
    "Poste Italiane", "Professional", "Royal Mail", "SAGAWA", "SDA", "SagawaExpress", "Smartmail", "Streamlite", "TNT",
    "Target", "UPS", "UPS Mail Innovations", "UPSMI", "USPS", "YAMATO", "YamatoTransport", "Yodel",
)  # fmt: skip

_ONLY_IN: Mapping[str, tuple[str, ...]] = {
    _SINGAPORE: (
        "4PX", "China Post", "DHL eCommerce", "Ninjavan", "Qxpress", "SF Express", "Singapore Post", "Yanwen",
    ),
    _INDIA: (
        "4PX", "ALLJOY", "Blue Dart", "Bombax", "Cart2India", "China Post", "Dotzot", "ICC Worldwide", "Rivigo",
        "SafeExpress", "Ship Delight", "Ship Economy", "Ship Global", "Shree Maruti Courier", "Shree Tirupati Courier",
        "Spoton", "The Professional Couriers", "Xpressbees", "Yanwen", "Yun Express",
    ),
}  # fmt: skip

_REFUSE_OTHER = frozenset({_INDIA})


def carrier_fields(marketplace_id: str, carrier: str) -> dict[str, str]:
    """
    How a carrier is named in a shipment confirmation of this store: `carrierCode` and `carrierName`.

    Raises Refused: no carrier is named, or this store takes only the carriers it lists.
    """
    name = carrier.strip()
    if not name:
        raise Refused("The parcel's carrier has no name.", code="carrier_missing")
    code = _codes(marketplace_id).get(name.casefold())
    if code is not None:
        return {"carrierCode": code, "carrierName": code}
    if marketplace_id in _REFUSE_OTHER:
        raise Refused(
            "This Amazon store only accepts the carriers it lists, and this one is not listed.",
            code="carrier_not_accepted",
        )
    return {"carrierCode": OTHER, "carrierName": name}


def _codes(marketplace_id: str) -> Mapping[str, str]:
    return {code.casefold(): code for code in (*_EVERYWHERE, *_ONLY_IN.get(marketplace_id, ()))}
