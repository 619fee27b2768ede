"""Python values in telltale's tagged JSON, to compare what two readers made of a pickle."""
import base64, collections, datetime, io, json, math

TAGS = {"$bytes", "$number", "$integer", "$timestamp", "$literal"}


def tag(value):
    """The value as what json.dumps takes, with maps as lists of pairs turned to objects."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$integer": str(value)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$number": json.dumps(float(value))}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, io.BytesIO):
        return tag(value.getvalue())
    if isinstance(value, datetime.datetime):
        utc = value.replace(tzinfo=datetime.timezone.utc) if value.tzinfo is None else value.astimezone(datetime.timezone.utc)
        return {"$timestamp": utc.strftime(f"{utc.year:04}-%m-%dT%H:%M:%S.%f000Z")}
    if isinstance(value, (list, tuple)):
        return [tag(item) for item in value]
    if hasattr(value, "_sections") and hasattr(value, "_defaults"):
        return tag({"common": dict(value._defaults), **{k: dict(v) for k, v in value._sections.items()}})
    if isinstance(value, collections.abc.Mapping):
        entries = {json.loads(json.dumps({k: 0}).split(": 0")[0][1:]): tag(v) for k, v in value.items()}
        return {"$literal": entries} if len(entries) == 1 and TAGS & set(entries) else entries
    if hasattr(value, "tolist"):  # numpy
        return tag(value.tolist())
    raise TypeError(type(value))


def dumps(value):
    return json.dumps(tag(value))
