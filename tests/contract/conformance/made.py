"""Cases of our own making, in the shape of the official ones."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ORDERS = "/orders/2026-01-01/orders"
LISTINGS = "/listings/2021-08-01/items/{sellerId}"
FRANCE, BRAZIL = "A13V1IB3VIYZZH", "A2Q3Y263D00KWC"


def row(operation: str, method: str, path: str, answer: Any, *, status: int = 200, **named: Any) -> Json:
    """A line of a file. A parameter named None is free, as official cases write it."""
    parameters = {name: {} if value is None else {"value": value} for name, value in named.items()}
    return {
        "spec": "made.json", "operationId": operation, "method": method, "path": path, "status": status,
        "ext": "x-amzn-api-sandbox", "request": {"parameters": parameters}, "response": answer,
    }  # fmt: skip


def error(code: str = "InvalidInput", message: str = "Made up.", details: str = "") -> Json:
    return {"errors": [{"code": code, "message": message, "details": details}]}


def line(**fields: Any) -> Json:
    """A complete line of a record."""
    return {
        "orderItemId": "11", "quantityOrdered": 3, "programs": ["TRANSPARENCY"],
        "product": {
            "sellerSku": "SKU-1", "title": "Thé", "price": {"unitPrice": {"amount": "10.50", "currencyCode": "EUR"}},
        },
        "fulfillment": {
            "quantityFulfilled": 1, "quantityUnfulfilled": 1,
            "packing": {"giftOption": {"giftMessage": "Bonne fête"}},
        },
    } | fields  # fmt: skip


def demanding() -> Json:
    """A line that asks for all that a line can ask for, and that its buyer wants cancelled."""
    asked = ("palletDelivery", "cashOnDelivery", "signatureConfirmation", "recipientIdentityVerification")
    constraints = dict.fromkeys((*asked, "recipientAgeVerification"), "MANDATORY")
    return line(
        orderItemId="12",
        product={"sellerSku": "SKU-2", "customization": {"customizedUrl": "https://made.invalid/1"}},
        cancellation={"cancellationRequest": {"requester": "BUYER", "cancelReason": "Made up."}},
        fulfillment={
            "quantityFulfilled": 0, "quantityUnfulfilled": 3,
            "packing": {"serialNumberRequirement": {"type": "ANY"}},
            "shipping": {"shippingConstraints": constraints, "internationalShipping": {"iossNumber": "IM0000000000"}},
        },
    )  # fmt: skip


def at_pickup_point() -> Json:
    """Where an order goes that is fetched, and how it gets there."""
    return {
        "deliveryAddress": {"companyName": "Tabac", "addressLine1": "2 rue Inventée", "addressType": "PICKUP_POINT"},
        "deliveryPreference": {"addressInstruction": "Code 12", "dropOffLocation": "FRONT_DESK"},
    }


def order(**fields: Any) -> Json:
    """A complete record."""
    return {
        "orderId": "900-0000001-0000001",
        "orderAliases": [{"aliasId": "ALIAS-1", "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": "2026-01-02T03:04:05Z",
        "lastUpdatedTime": "2026-01-03T03:04:05.250Z",
        "programs": ["AMAZON_BUSINESS"],
        "associatedOrders": [{"orderId": "900-0000001-0000009", "associationType": "EXCHANGE_ORIGINAL_ID"}],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": FRANCE, "marketplaceName": "Amazon.fr"},
        "buyer": {"buyerName": "Ada Made", "buyerEmail": "a@made.invalid", "buyerCompanyName": "Made SARL"},
        "recipient": {
            "deliveryAddress": {
                "name": "Ada Made", "addressLine1": "1 rue Inventée", "addressLine2": "", "city": "Lyon",
                "postalCode": "69000", "countryCode": "FR", "phone": "+33 1 00 00 00 00",
                "extendedFields": {"neighborhood": "Nulle part"}, "addressType": "RESIDENTIAL",
            }
        },
        "proceeds": {"grandTotal": {"amount": "31.50", "currencyCode": "EUR"}},
        "fulfillment": {
            "fulfillmentStatus": "PARTIALLY_SHIPPED", "fulfilledBy": "MERCHANT",
            "shipByWindow": {"latestDateTime": "2026-01-05T22:59:59+01:00"},
        },
        "orderItems": [line()],
        "packages": [
            {
                "packageReferenceId": "77", "carrier": "DPD", "trackingNumber": "T77",
                "packageStatus": {"status": "IN_TRANSIT"}, "packageItems": [{"orderItemId": "11", "quantity": 1}],
            }
        ],
    } | fields  # fmt: skip


def search(*orders: Any, answer: Json | None = None, status: int = 200, **named: Any) -> Json:
    """A case of searchOrders that answers with these records, or else."""
    page = {"orders": list(orders), "pagination": {"nextToken": "next"}, "lastUpdatedBefore": "2026-01-04T00:00:00Z"}
    parameters = {"createdAfter": "2026-01-01T00:00:00Z", "marketplaceIds": [FRANCE]} | named
    return row("searchOrders", "GET", ORDERS, answer or page, status=status, **parameters)


def get_order(record: Any = None, *, answer: Json | None = None, status: int = 200, **named: Any) -> Json:
    parameters = {"orderId": "900-0000001-0000001", "includedData": ["FULFILLMENT", "PACKAGES"]} | named
    return row(
        "getOrder", "GET", ORDERS + "/{orderId}", answer or {"order": record or order()}, status=status, **parameters
    )


def parcel(**detail: Any) -> Json:
    """What confirmShipment is told, with everything our client tells."""
    return {
        "marketplaceId": FRANCE,
        "packageDetail": {
            "packageReferenceId": "77", "carrierCode": "DPD", "carrierName": "DPD", "trackingNumber": "T77",
            "shipDate": "2026-01-03T01:02:03.000Z", "orderItems": [{"orderItemId": "11", "quantity": 1}],
        } | detail,
    }  # fmt: skip


def confirm(body: Any = None, *, answer: Json | None = None, status: int = 204, **named: Any) -> Json:
    parameters = {"orderId": "900-0000001-0000001", "body": body or parcel()} | named
    path = "/orders/v0/orders/{orderId}/shipmentConfirmation"
    return row("confirmShipment", "POST", path, answer or {}, status=status, **parameters)


def store(id: str, currency: str, *, takes_part: bool = True) -> Json:
    """A row of the stores a seller takes part in."""
    return {
        "marketplace": {"id": id, "countryCode": "XX", "name": "Made", "defaultCurrencyCode": currency},
        "participation": {"isParticipating": takes_part, "hasSuspendedListings": False},
    }


def stores(*rows: Any, answer: Json | None = None, status: int = 200) -> Json:
    path = "/sellers/v1/marketplaceParticipations"
    return row("getMarketplaceParticipations", "GET", path, answer or {"payload": list(rows)}, status=status)


def account(plan: str, *, status: int = 200) -> Json:
    """A case of getAccount: the selling plan."""
    return row("getAccount", "GET", "/sellers/v1/account", {"payload": {"sellingPlan": plan}}, status=status)


def listing(sku: str | None = "SKU/1", **fields: Any) -> Json:
    """A complete record, in the French store."""
    return {
        "sku": sku,
        "summaries": [
            {
                "marketplaceId": FRANCE,
                "productType": "TEA",
                "status": ["BUYABLE"],
                "itemName": "Thé vert",
                "createdDate": "2026-01-01T00:00:00Z",
                "lastUpdatedDate": "2026-01-01T00:00:00Z",
            }
        ],
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 12}],
    } | fields


def listings(*records: Any, answer: Json | None = None, status: int = 200, **named: Any) -> Json:
    parameters = {"marketplaceIds": [FRANCE], "identifiersType": "SKU", "identifiers": ["SKU/1", "SKU 2"]} | named
    page = {"numberOfResults": len(records), "items": list(records), "pagination": {"nextToken": "next"}}
    return row("searchListingsItems", "GET", LISTINGS, answer or page, status=status, **parameters)


def get_listing(record: Json | None = None, *, status: int = 200, **named: Any) -> Json:
    parameters = {"sku": "SKU/1", "body": None} | named
    return row("getListingsItem", "GET", LISTINGS + "/{sku}", record or listing(), status=status, **parameters)


def quantity(units: int = 3, **patch: Any) -> Json:
    """What patchListingsItem is told of a quantity."""
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": units}]
    return {
        "productType": "TEA",
        "patches": [{"op": "merge", "path": "/attributes/fulfillment_availability", "value": value} | patch],
    }


def patch(answer: Json | None = None, *, status: int = 200, **named: Any) -> Json:
    parameters = {"sku": "SKU/1", "marketplaceIds": [FRANCE], "body": quantity()} | named
    taken = {"sku": "SKU/1", "status": "ACCEPTED", "submissionId": "1", "issues": []}
    return row("patchListingsItem", "PATCH", LISTINGS + "/{sku}", answer or taken, status=status, **parameters)


def invalid(*codes: str) -> Json:
    """Why a quantity was not taken."""
    issues = [{"code": code, "message": "Made up.", "severity": "ERROR"} for code in codes]
    return {"sku": "SKU/1", "status": "INVALID", "submissionId": "1", "issues": issues}


def one_of_each() -> list[Json]:
    """A case of each operation, and refusals, that no request but its own fits."""
    return [
        search(order(), includedData=["FULFILLMENT", "BUYER"]),
        search(order(orderId="900-0000001-0000002"), includedData=["FULFILLMENT", "RECIPIENT"]),
        search(answer=error(), status=400, createdAfter="2027-01-01T00:00:00Z", includedData=["FULFILLMENT"]),
        get_order(),
        get_order(answer=error("NotFound"), status=404, orderId="900-0000001-0000009"),
        confirm(),
        confirm(parcel(carrierCode="Other", carrierName="Made"), orderId="900-0000001-0000003"),
        confirm(answer=error(), status=400, orderId="900-0000001-0000009"),
        stores(store(FRANCE, "EUR"), store(BRAZIL, "BRL"), store("A0NOSTORE", "USD")),
        account("PROFESSIONAL"),
        listings(listing(), listing("SKU 2")),
        get_listing(),
        patch(),
        patch(invalid("90000900", "4711"), sku="SKU#2"),
    ]


def write(file: Path, *rows: Json) -> Path:
    file.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return file
