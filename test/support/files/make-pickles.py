#!/usr/bin/env python3
"""Print test/fixtures/pickles.json: real pickles of every protocol, and the values that Python reads from them.

Made with CPython 3.11 and numpy 2.4: make-pickles.py > test/fixtures/pickles.json
"""
import base64, collections, datetime, decimal, io, json, math, pickle, sys, types, uuid, configparser
import numpy
from tagged import tag


class Config(configparser.ConfigParser):
    pass


Config.__module__ = "aepsych.config"
sys.modules["aepsych"] = types.ModuleType("aepsych")
sys.modules["aepsych.config"] = types.ModuleType("aepsych.config")
sys.modules["aepsych.config"].Config = Config
config = Config(default_section="common")
config.read_string("[common]\nlb = [0, 0]\n[init]\nmin_asks = 3\nlb = ${common:lb}\n")

shared = ["again"]
D = datetime.datetime
plain = {
    "none": None, "true": True, "false": False,
    "integers": [0, 1, -1, 127, 128, 255, 256, -128, 65535, 65536, -32769, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 - 1, 2**53, -(2**53), 2**63, -(2**63) - 1, 10**40, -(10**600)],
    "floats": [0.0, -0.0, 1.5, 1e300, 5e-324, 1e16, 123456789.123, math.inf, -math.inf, math.nan],
    "texts": ["", "a", "größer", "\U0001f600", "\ud800x\udfff", "line\nfeed \\u0041 \\ \\\\u0042 \x1a\0", "x" * 300, "é" * 70000][:7],
    "long text": "é" * 2000,
    "bytes": [b"", b"a", b"\x00\xff\n", bytes(range(256)), b"x" * 300],
    "bytearrays": [bytearray(), bytearray(b"ab\xff")],
    "lists": [[], [1], [[], [[]]], [1, [2, [3, [4]]]], list(range(1100))],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "dicts": [{}, {"a": 1}, {"b": 1, "10": 2, "a": 3, "2": 4}, {"__proto__": 1, "constructor": {}}, {"$bytes": "x"}],
    "keys that are no text": {1: "a", -5: "b", 1.5: "c", 1e16: "d", 1e-5: "e", 2.0: "f", 0.0001: "g", 10**22: "h", True if False else False: "i", None: "j", math.inf: "k", 123456789012345.0: "l"},
    "a part that comes twice": [shared, shared, {"again": shared}],
    "an OrderedDict": collections.OrderedDict([("b", 1), ("a", 2)]),
    "a defaultdict": collections.defaultdict(list, a=[1]),
    "a datetime": D(2022, 1, 1, 1, 2, 3, 456789),
    "datetimes": [D(1, 1, 1), D(9999, 12, 31, 23, 59, 59, 999999), D(1969, 12, 31, 23, 59, 59, 999999), D(2024, 2, 29), D(2022, 10, 30, 2, 30, fold=1)],
    "datetimes with zones": [D(2022, 1, 1, 12, tzinfo=datetime.timezone.utc), D(2022, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=-5, minutes=-30), "there")), D(2022, 1, 1, 0, 0, 0, 1, tzinfo=datetime.timezone(datetime.timedelta(microseconds=2)))],
    "a Config": config,
    "a message": {"type": "tell", "message": {"config": {"x": [0.25]}, "outcome": 1, "when": D(2022, 1, 1)}, "raw": b"\x00"},
}
n = numpy
arrays = {
    f"numpy {kind}": [n.array([[1, 0, 3], [4, 5, 100]], dtype=kind), n.array([1, 2], dtype=kind)[0], n.array(1, dtype=kind), n.array([], dtype=kind)]
    for kind in ["?", "i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "u1", "<u2", ">u4", "<u8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]
}
arrays |= {
    "numpy Fortran order": n.asfortranarray(n.arange(24).reshape(2, 3, 4)),
    "numpy C order in three dimensions": n.arange(24).reshape(2, 3, 4),
    "numpy not contiguous": n.arange(24).reshape(4, 6)[::2, ::3],
    "numpy extremes": [n.array([2**63 - 1, -(2**63)], dtype="i8"), n.uint64(2**64 - 1), n.array([n.nan, n.inf, -n.inf, -0.0], dtype="f8"), n.array([n.nan, n.inf, -0.0, 6e-8, 65504, 0.333], dtype="f2"), n.float32(0.1)],
    "numpy texts": [n.array(["a", "größer", "", "\U0001f600"]), n.str_("x"), n.array(["ab"], dtype=">U3"), n.str_("")],
    "numpy bytes": [n.array([b"a", b"bc\x00d", b""]), n.bytes_(b"x")],
    "numpy objects": n.array([[1, None], ["a", [1.5]]], dtype=object),
    "numpy empty dimensions": [n.zeros((0, 3)), n.zeros((2, 0))],
    "numpy text as a key": {n.str_("k"): n.float64(2.5)},
}
unreadable = {
    "a set": {1, 2}, "a frozenset": frozenset([1]), "a Decimal": decimal.Decimal("1.5"), "a UUID": uuid.UUID(int=1), "a date": datetime.date(2022, 1, 1),
    "a complex": 1j, "a class": dict, "a function": len, "a tuple as a key": {(1, 2): 3}, "bytes as a key": {b"a": 1},
    "two keys of one text": {1: "a", "1": "b"}, "two keys of one text, the text first": {"null": "a", None: "b"},
    "datetime64": n.datetime64("2020-01-01"), "an array of datetime64": n.array(["2020-01-01"], dtype="M8[D]"), "complex numbers": n.array([1j]),
    "a structured array": n.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "a masked array": n.ma.array([1, 2], mask=[0, 1]), "long doubles": n.array([1], dtype="f16"),
}
nested = []
for _ in range(300):
    nested = [nested]
itself = []
itself.append(itself)
unreadable |= {"a list 300 deep": nested, "a list that holds itself": itself, "an integer of 20,000 digits": 10**20000}

cases = []
def add(name, value, readable):
    seen = {}
    for protocol in range(6):
        try:
            data = base64.b64encode(pickle.dumps(value, protocol)).decode()
        except TypeError:
            continue  # protocols 0 and 1 know no BytesIO
        seen.setdefault(data, protocol)
    for data, protocol in seen.items():
        cases.append({"name": f"{name}, protocol {protocol}", "pickle": data, **({"value": tag(value)} if readable else {})})

for name, value in (plain | arrays).items():
    add(name, value, True)
for protocol in range(2, 6):
    add_value = io.BytesIO(b"PK\x03\x04\xff")
    cases.append({"name": f"a BytesIO, protocol {protocol}", "pickle": base64.b64encode(pickle.dumps(add_value, protocol)).decode(), "value": tag(add_value)})
# As numpy before 2.0 named its modules.
for protocol in (2, 4):
    data = pickle.dumps(n.array([1.5, 2.5]), protocol).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    if protocol == 4:
        data = data.replace(b"\x8c\x16numpy.core", b"\x8c\x15numpy.core")
        data = data[:3] + (len(data) - 11).to_bytes(8, "little") + data[11:]
    pickle.loads(data)
    cases.append({"name": f"numpy 1 names, protocol {protocol}", "pickle": base64.b64encode(data).decode(), "value": [1.5, 2.5]})
sys.set_int_max_str_digits(0)
sys.setrecursionlimit(10000)
for name, value in unreadable.items():
    add(name, value, False)
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
