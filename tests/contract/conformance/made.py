"""Cases of our own making, in the shape of the official ones."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ORDERS = "/orders/2026-01-01/orders"
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
        "orderItems": [
            {
                "orderItemId": "11", "quantityOrdered": 3, "programs": ["TRANSPARENCY"],
                "product": {
                    "sellerSku": "SKU-1", "title": "Thé",
                    "price": {"unitPrice": {"amount": "10.50", "currencyCode": "EUR"}},
                },
                "fulfillment": {
                    "quantityFulfilled": 1, "quantityUnfulfilled": 1,
                    "packing": {"giftOption": {"giftMessage": "Bonne fête"}},
                },
            }
        ],
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


def write(file: Path, *rows: Json) -> Path:
    file.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return file
