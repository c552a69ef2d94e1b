"""
The demo's database: a tea shop in Singapore, made afresh in memory from a fixed seed.

Its house conventions (totals are kept in cents, times in UTC, the year starts in February, test
customers and merged tickets do not count, and so on) cannot be read off the schema. They are what
the agent has to learn.
"""

import random
import sqlite3
from datetime import datetime, timedelta

SCHEMA = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT, country TEXT, city TEXT, signed_up_at TEXT, is_test INTEGER
);
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name TEXT, category_id INTEGER REFERENCES categories (id),
    price REAL, pack_size INTEGER, state TEXT
);
CREATE TABLE warehouses (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE stock (
    product_id INTEGER REFERENCES products (id), warehouse_id INTEGER REFERENCES warehouses (id),
    quantity INTEGER, reserved INTEGER
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),
    placed_at TEXT, status TEXT, channel TEXT, total INTEGER
);
CREATE TABLE order_items (
    order_id INTEGER REFERENCES orders (id), product_id INTEGER REFERENCES products (id),
    quantity INTEGER, unit_price REAL
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY, product_id INTEGER REFERENCES products (id),
    customer_id INTEGER REFERENCES customers (id), stars INTEGER, state TEXT
);
CREATE TABLE returns (
    id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id),
    product_id INTEGER REFERENCES products (id), quantity INTEGER, reason TEXT, returned_at TEXT
);
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),
    topic TEXT, opened_at TEXT, minutes_open INTEGER, merged_into INTEGER
);
""".strip()

_SEED = 1826
_CITIES = [
    ("SG", "Singapore"), ("SG", "Singapore"), ("MY", "Penang"), ("MY", "Johor"), ("ID", "Jakarta"),
    ("TH", "Bangkok"),
]  # fmt: skip  # pairs, many a line
_CATEGORIES = ["black tea", "green tea", "oolong", "white tea", "teaware"]
_FIRST = ["Aisha", "Ben", "Chen", "Devi", "Ethan", "Farah", "Grace", "Hassan", "Irene", "Jun"]
_LAST = ["Tan", "Lim", "Rahman", "Ng", "Kumar", "Wong", "Lee"]
_FLAVOURS = ["Ceylon", "Jasmine", "Mountain", "Silver", "Harbour", "Garden", "Monsoon", "Temple"]
_START = datetime(2024, 1, 1)  # noqa: DTZ001 - SQLite keeps naive texts; they stand for UTC.
_SALE = datetime(2025, 11, 10)  # noqa: DTZ001 - SQLite keeps naive texts; they stand for UTC.


def create_database() -> sqlite3.Connection:
    """
    Make the shop's database in memory.

    Returns:
        A new connection. Two calls give the same rows; a few hundred in all, in milliseconds.
    """
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    rng = random.Random(_SEED)  # noqa: S311 - Sample data, no secret.
    _seed_people(connection, rng)
    _seed_products(connection, rng)
    _seed_orders(connection, rng)
    _seed_feedback(connection, rng)
    connection.commit()
    return connection


def _insert(connection: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    statement = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - Our own table names.
    connection.executemany(statement, rows)


def _seed_people(connection: sqlite3.Connection, rng: random.Random) -> None:
    customers: list[tuple[object, ...]] = []
    for number in range(1, 81):
        country, city = rng.choice(_CITIES)
        name = f"{rng.choice(_FIRST)} {rng.choice(_LAST)} {number}"
        signed_up = _START + timedelta(minutes=rng.randrange(700 * 1440))
        customers.append((number, name, country, city, str(signed_up), int(number % 6 == 0)))
    _insert(connection, "customers", customers)
    warehouses: list[tuple[object, ...]] = [(1, "Jurong"), (2, "Changi"), (3, "Tuas")]
    _insert(connection, "warehouses", warehouses)


def _seed_products(connection: sqlite3.Connection, rng: random.Random) -> None:
    _insert(connection, "categories", list(enumerate(_CATEGORIES, 1)))
    products: list[tuple[object, ...]] = []
    stock: list[tuple[object, ...]] = []
    for number in range(1, 41):
        category = (number - 1) % 5 + 1
        name = f"{_FLAVOURS[(number - 1) // 5]} {_CATEGORIES[category - 1]}"
        state = "LLLDP"[rng.randrange(5)]
        price = rng.randrange(500, 6000) / 100 - (3 if state == "D" else 0)
        products.append((number, name, category, round(price, 2), rng.choice([1, 2, 6]), state))
        for warehouse in (1, 2, 3):
            quantity = rng.randrange(10, 60)
            stock.append((number, warehouse, quantity, rng.randrange(quantity // 2)))
    _insert(connection, "products", products)
    _insert(connection, "stock", stock)


def _seed_orders(connection: sqlite3.Connection, rng: random.Random) -> None:
    prices = dict(connection.execute("SELECT id, price FROM products"))
    orders: list[tuple[object, ...]] = []
    items: list[tuple[object, ...]] = []
    for number in range(1, 361):
        start, minutes = (_SALE, 3 * 1440) if number % 4 == 0 else (_START, 760 * 1440)
        placed_at = start + timedelta(minutes=rng.randrange(minutes))
        cents = 0
        for product in rng.sample(range(1, 41), rng.randrange(1, 4)):
            quantity = rng.randrange(1, 5)
            cents += round(prices[product] * 100) * quantity
            items.append((number, product, quantity, prices[product]))
        status = rng.choice(["paid", "paid", "paid", "refunded", "cancelled", "open"])
        channel = rng.choice(["web", "web", "phone", "market"])
        customer = rng.randrange(1, 81)
        orders.append((number, customer, str(placed_at), status, channel, cents))
    _insert(connection, "orders", orders)
    _insert(connection, "order_items", items)


def _seed_feedback(connection: sqlite3.Connection, rng: random.Random) -> None:
    reviews: list[tuple[object, ...]] = []
    for number in range(1, 241):
        state = rng.choice(["published", "published", "hidden"])
        stars = rng.choice([1, 2, 2]) if state == "hidden" else rng.choice([1, 3, 4, 5, 5])
        reviews.append((number, rng.randrange(1, 41), rng.randrange(1, 81), stars, state))
    _insert(connection, "reviews", reviews)
    returns: list[tuple[object, ...]] = []
    for number in range(1, 91):
        order, product = rng.randrange(1, 361), rng.randrange(1, 41)
        reason = rng.choice(["damaged", "taste", "late", "exchange"])
        returned_at = str(_START + timedelta(minutes=rng.randrange(760 * 1440)))
        returns.append((number, order, product, rng.randrange(1, 4), reason, returned_at))
    _insert(connection, "returns", returns)
    tickets: list[tuple[object, ...]] = []
    for number in range(1, 131):
        topic = rng.choice(["delivery", "payment", "quality"])
        opened_at = str(_START + timedelta(minutes=rng.randrange(700 * 1440)))
        merged_into = rng.randrange(1, number) if number > 1 and rng.random() < 0.3 else None
        minutes_open = rng.randrange(10, 6000)
        customer = rng.randrange(1, 81)
        tickets.append((number, customer, topic, opened_at, minutes_open, merged_into))
    _insert(connection, "tickets", tickets)
