"""Invented recipients, one small set of names and places for each country."""

from random import Random

from tests.sandbox.amazon.order import Person
from tests.sandbox.amazon.stores import Store

_FIRST: dict[str, str] = {
    "FR": "Camille Louis Chloé Hugo Inès Jules Manon",
    "DE": "Anna Jonas Lena Paul Käthe Felix Jürgen",
    "IT": "Giulia Marco Sofia Luca Chiara Nicolò",
    "ES": "Lucía Pablo María Álvaro Carmen Íñigo",
    "JP": "Yuki Haruto Sakura Ren Aoi Sota",
    "PL": "Zofia Łukasz Agnieszka Paweł Małgorzata",
    "BR": "Maria João Ana Antônio Luísa",
}
_LAST: dict[str, str] = {
    "FR": "Martin Bernard Lefèvre Moreau Girard D'Aubigné",
    "DE": "Müller Schmidt Weiß Fischer Groß",
    "IT": "Rossi Bianchi Esposito Ferrari D'Angelo",
    "ES": "García Fernández López Muñoz Peña",
    "JP": "Sato Suzuki Takahashi Tanaka Ito",
    "PL": "Nowak Kowalski Wiśniewska Żak Dąbrowski",
    "BR": "Silva Santos Oliveira Souza Conceição",
}
_STREETS: dict[str, str] = {
    "FR": "{n} rue de la République;{n} avenue Jean Jaurès;{n} bis impasse des Lilas",
    "DE": "Hauptstraße {n};Schillerweg {n};Am Mühlbach {n}a",
    "IT": "Via Garibaldi {n};Corso Italia {n};Piazza Duomo {n}",
    "ES": "Calle Mayor {n};Avenida de la Constitución {n};Plaza de España {n}",
    "JP": "1-{n}-3 Jingumae;2-{n} Umeda;5-{n}-1 Sakae",
    "PL": "ul. Długa {n};ul. Świętokrzyska {n};al. Jana Pawła II {n}",
    "BR": "Rua das Flores, {n};Avenida Paulista, {n}",
}
_PLACES: dict[str, str] = {
    "FR": "Lyon,69003,;Bordeaux,33000,;Saint-Étienne,42100,;Paris,75011,",
    "DE": "Köln,50667,;München,80331,;Leipzig,04109,",
    "IT": "Torino,10121,TO;Bologna,40121,BO;Reggio nell'Emilia,42121,RE",
    "ES": "Madrid,28013,Madrid;Sevilla,41001,Sevilla;A Coruña,15001,A Coruña",
    "GB": "Leeds,LS1 4AP,;Bristol,BS1 5TR,;Edinburgh,EH1 1YZ,",
    "US": "Austin,78701,TX;Portland,97205-1234,OR;Columbus,43215,OH",
    "CA": "Toronto,M5V 2T6,ON;Montréal,H2Y 1C6,QC",
    "JP": "Shibuya-ku,150-0001,Tokyo;Kita-ku,530-0001,Osaka;Naka-ku,460-0008,Aichi",
    "PL": "Kraków,31-042,;Łódź,90-001,;Gdańsk,80-831,",
    "BR": "São Paulo,01234-567,SP;Curitiba,80010-000,PR",
}
_PLAIN_FIRST = "Alex Robin Sam Charlie Morgan Jamie"
_PLAIN_LAST = "Taylor Brown O'Neill Walker Hughes Young"
_PLAIN_STREETS = "{n} High Street;{n} Station Road;Flat 3, {n} Mill Lane"
_PLAIN_PLACES = "Springfield,10001,;Newport,20002,"


def person(rng: Random, store: Store) -> Person:
    """A recipient who lives in the store's country."""
    country = store.country
    first = rng.choice(_FIRST.get(country, _PLAIN_FIRST).split())
    last = rng.choice(_LAST.get(country, _PLAIN_LAST).split())
    street = rng.choice(_STREETS.get(country, _PLAIN_STREETS).split(";")).format(n=rng.randint(1, 240))
    city, postal_code, state = rng.choice(_PLACES.get(country, _PLAIN_PLACES).split(";")).split(",")
    return Person(
        name=f"{first} {last}",
        email=f"{rng.getrandbits(64):016x}@marketplace.{store.name.lower()}",
        street=street,
        street2=rng.choice(("", "", "", "3rd floor", "c/o Dupont")),
        city=city,
        postal_code=postal_code,
        state=state,
        country=country,
        phone=f"+{rng.randint(30, 99)} {rng.randint(100000000, 999999999)}",
    )
