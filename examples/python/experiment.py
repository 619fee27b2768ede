"""Sends twenty trials to telltale, as docs/PROTOCOL.md describes. It needs only the package websockets."""
import asyncio, json, random, sys, time, uuid
import websockets

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"
SESSION = str(uuid.uuid4())
START = time.time() - time.perf_counter()
pending = []  # messages that telltale has not acknowledged, oldest first

def now():  # milliseconds since 1970; setting the computer's clock does not move it
    return (START + time.perf_counter()) * 1000

def send(kind, message=None, **members):  # telltale stores each id once, however often it is sent
    pending.append({"type": kind, "id": str(uuid.uuid4()), "session": SESSION, "sent_at": now(), "message": message, **members})

async def measure_clock(socket):  # how far telltale's clock is from ours: see "The clock" in docs/PROTOCOL.md
    probes = []
    for _ in range(8):
        await socket.send(json.dumps({"type": "clock", "sent_at": now()}))
        reply = json.loads(await socket.recv())
        t0, t1, t2, t3 = reply["sent_at"], reply["received_at"], reply["answered_at"], now()
        probes.append((((t3 - t0) - (t2 - t1)) / 2, ((t1 - t0) + (t2 - t3)) / 2, t3))
    return min(probes)  # the probe with the shortest round trip: its uncertainty, its offset, and when it was

def with_clock(message, probe):
    uncertainty, offset, at = probe
    drift = 0.0002 * abs(message["sent_at"] - at)  # clocks drift
    return {**message, "clock": {"offset_ms": offset, "uncertainty_ms": uncertainty + drift}}

async def deliver():
    async for socket in websockets.connect(URL):  # reconnects whenever the connection is lost
        try:
            probe = await measure_clock(socket)
            while True:
                while not pending:
                    await asyncio.sleep(0.01)
                if now() > probe[2] + 30_000:
                    probe = await measure_clock(socket)
                await socket.send(json.dumps(with_clock(pending[0], probe)))
                reply = json.loads(await socket.recv())
                if not reply["ok"]:
                    print(reply["server_error"], file=sys.stderr)
                if not reply.get("retry") and pending.pop(0)["type"] == "exit":
                    return
        except websockets.ConnectionClosed:
            await asyncio.sleep(1)

async def experiment():
    send("setup", {"experiment_name": "contrast", "participant_id": "P001", "config": {"common": {"parnames": "[contrast]"}}})
    for trial in range(1, 21):
        contrast, rt = random.random(), random.uniform(0.1, 0.2)
        await asyncio.sleep(rt)  # stands for your own stimulus and participant
        send("tell", {"config": {"contrast": contrast}, "outcome": int(contrast > 0.3), "rt": rt}, batch=False)
        print(f"trial {trial}: {len(pending)} not stored yet", flush=True)
    send("exit")

async def main():
    await asyncio.gather(deliver(), experiment())

asyncio.run(main())
print(f"The session {SESSION} is stored.")
