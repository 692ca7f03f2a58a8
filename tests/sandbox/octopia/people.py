"""Invented customers, who live in the country of the channel they buy on."""

from random import Random

from tests.sandbox.octopia.order import Address

_FIRST = "Claire Hugo Inès Léo Manon Noémie Théo Zoé"
_LAST = "Martin Lefèvre Moreau Girard D'Aubigné Nguyen Faÿ"
_STREETS = "{n} rue de la République;{n} bis impasse des Lilas;{n} avenue Jean Jaurès"
_PLACES = {
    "FR": "Bordeaux,33000;Saint-Étienne,42100;Lyon,69003;Ajaccio,20000",
    "PT": "Lisboa,1100-053;Porto,4000-322",
    "GB": "Leeds,LS1 4AP;Bristol,BS1 5TR",
    "SE": "Malmö,211 22;Göteborg,411 03",
}


def person(rng: Random, country: str) -> Address:
    """One customer."""
    city, postal_code = rng.choice(_PLACES.get(country, _PLACES["FR"]).split(";")).split(",")
    return Address(
        civility=rng.choice(("MR", "MRS")),
        first_name=rng.choice(_FIRST.split()),
        last_name=rng.choice(_LAST.split()),
        line1=rng.choice(_STREETS.split(";")).format(n=rng.randint(1, 240)),
        line2=rng.choice(("", "", "Bâtiment B", "Chez Dupont")),
        postal_code=postal_code,
        city=city,
        country=country,
        phone=f"+33{rng.randint(600000000, 799999999)}",
        email=f"{rng.getrandbits(64):016x}@customers.example.invalid",
    )
