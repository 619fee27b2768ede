"""Sends twenty trials to telltale, as docs/PROTOCOL.md describes. It needs only the package websockets."""
import asyncio, json, random, sys, uuid
import websockets

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765"
SESSION = str(uuid.uuid4())
pending = []  # messages that telltale has not acknowledged, oldest first

def send(kind, message=None, **members):  # telltale stores each id once, however often it is sent
    pending.append({"type": kind, "id": str(uuid.uuid4()), "session": SESSION, "message": message, **members})

async def deliver():
    async for socket in websockets.connect(URL):  # reconnects whenever the connection is lost
        try:
            while True:
                while not pending:
                    await asyncio.sleep(0.01)
                await socket.send(json.dumps(pending[0]))
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
