"""
Carriers as `GET /carriers` lists them: labels are what a shipment names, codes repeat.

A short list of ours in the shape of the real one (66 rows in September 2026); `autre` stands for the seller's own fleet
and for whoever is not listed.
"""

CARRIERS = (
    ("default", "autre"),
    ("pcc", "La Poste"),
    ("pcc", "Colissimo"),
    ("pcc", "Chronopost"),
    ("dhldp", "DHL"),
    ("dhldp", "Deutsche Post"),
    ("dpd", "DPD"),
    ("gls", "GLS"),
    ("ups", "UPS"),
    ("fex", "FedEx"),
    ("tnt", "TNT"),
    ("mre", "Mondial Relay"),
    ("rlc", "Relais Colis"),
    ("cpr", "Colis Privé"),
    ("geo", "GEODIS"),
    ("hep", "Heppner"),
    ("dbs", "DB Schenker"),
    ("bps", "Bpost"),
    ("clogp30", "CChezVous"),
)
LABELS = frozenset(label for _, label in CARRIERS)
