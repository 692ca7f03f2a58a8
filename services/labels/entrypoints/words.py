"""How states are called on pages, and in which tone. English; templates translate."""

STATES = {
    "planned": "planned",
    "label_pending": "label being made",
    "label_created": "label made",
    "outdated": "outdated",
    "voided": "voided",
    "needs_person": "needs a person",
    "to_hand_over": "to be handed over",
    "owed": "to be sent to the marketplace",
    "sending": "being sent",
    "sent": "sent, not seen there yet",
    "confirmed": "confirmed",
    "shipped_elsewhere": "shipped elsewhere",
    "refused": "refused by the marketplace",
}

OF_PARCEL = ("planned", "label_pending", "label_created", "outdated", "voided", "needs_person")
OF_WRITE_BACK = ("to_hand_over", "owed", "sending", "sent", "confirmed", "shipped_elsewhere", "refused")

TONES = {
    "planned": "plain",
    "label_pending": "busy",
    "label_created": "good",
    "outdated": "warn",
    "voided": "plain",
    "needs_person": "bad",
    "to_hand_over": "warn",
    "owed": "busy",
    "sending": "busy",
    "sent": "busy",
    "confirmed": "good",
    "shipped_elsewhere": "warn",
    "refused": "bad",
    "released": "plain",
}

# Pages where what halts a label is mended; anything else is on the parcel's or the order's.
CONNECTIONS = "Connections"
PARCEL = "Parcel"
ORDER = "Order"
_STOCK = ("/stock", "Stock")
_SETTINGS = ("/shipments/settings", "Settings of shipments")
MENDED_AT = {
    "short_stock": _STOCK,
    "settings_missing": _SETTINGS,
    "numbers_used_up": _SETTINGS,
}
