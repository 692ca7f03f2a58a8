"""
Carrier codes the shipment confirmation knows, compared exactly.

The enumeration of Amazon's fulfillment feed, with newer names Seller Central offers; what is not here is Other.
"""

CARRIER_CODES = frozenset({
    "4PX", "AFL/Fedex", "ALLJOY", "Amazon Shipping", "Aramex", "Australia Post", "BRT", "Blue Dart", "Blue Package",
    "BlueDart", "Bombax", "Bpost", "Canada Post", "Cart2India", "China Post", "Chronopost", "City Link", "Colis Prive",
    "Colissimo", "Correos", "DHL", "DHL Express", "DHL Global Mail", "DHL eCommerce", "DPD", "DTDC", "Delhivery",
    "Deutsche Post", "Dotzot", "Evri", "FEDEX_JP", "Fastway", "FedEx", "FedEx SmartPost", "First Flight", "GLS", "GO!",
    "Hermes", "Hermes Logistik Gruppe", "ICC Worldwide", "InPost", "India Post", "JP_EXPRESS", "Japan Post", "La Poste",
    "Lasership", "MRW", "Mondial Relay", "NITTSU", "Newgistics", "Ninjavan", "NipponExpress", "OSM", "OnTrac",
    "Overnite Express", "Parcelforce", "Parcelnet", "Poste Italiane", "PostNL", "PostNord", "Professional", "Purolator",
    "Qxpress", "Rivigo", "Royal Mail", "SAGAWA", "SDA", "SEUR", "SF Express", "SafeExpress", "Sagawa", "SagawaExpress",
    "Ship Delight", "Ship Economy", "Ship Global", "Shree Maruti Courier", "Shree Tirupati Courier", "Singapore Post",
    "Smartmail", "Spoton", "Streamlite", "TNT", "Target", "The Professional Couriers", "UPS", "UPS Mail Innovations",
    "UPSMI", "USPS", "Xpressbees", "YAMATO", "Yamato Transport", "YamatoTransport", "Yanwen", "Yodel", "Yun Express",
})  # fmt: skip
