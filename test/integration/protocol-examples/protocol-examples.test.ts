import { expect } from "chai";
import type { TSchema } from "@sinclair/typebox";
import { Value as Schema } from "@sinclair/typebox/value";
import {
  type Coding,
  ErrorReply,
  type Value,
  errorCodes,
  isMap,
  messageTypes,
  parseJson,
} from "../../../src/protocol/index.js";
import { ClockReply, ClockRequest } from "../../../src/protocol/clock/messages.js";
import * as replies from "../../../src/protocol/reply.js";
import * as requests from "../../../src/protocol/request.js";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { MemoryDoors } from "../../support/daemon/memory-door.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { codeOf, examples, typeOf } from "./examples.js";
import { type ExampleClient, playAll } from "./player.js";

/** How long the examples wait for a locked database. */
const busyTimeoutMs = 50;

async function playOverWebSocket(location: string, coding: Coding): Promise<void> {
  const { url } = await startDaemon({ db: location, busyTimeoutMs });
  const connect = async (): Promise<ExampleClient> => {
    const client = await Client.connect(url, coding);
    return {
      request: (text) => {
        if (coding === "messagepack") return client.request(parseJson(text));
        client.sendFrame(text);
        return client.reply();
      },
      closed: () => client.closed(),
    };
  };
  await playAll({ location, connect }, coding);
}

async function playInMemory(location: string, coding: Coding): Promise<void> {
  const doors = await MemoryDoors.open(location, busyTimeoutMs);
  const connect = (): Promise<ExampleClient> => {
    const door = doors.connect();
    return Promise.resolve({
      request: (text) => door.request(coding === "json" ? text : parseJson(text), coding),
      closed: () => Promise.resolve(door.closeCode),
    });
  };
  try {
    await playAll({ location, connect }, coding);
  } finally {
    await doors.close();
  }
}

const schemas: Readonly<Record<string, { readonly request: TSchema; readonly reply: TSchema }>> = {
  setup: { request: requests.SetupRequest, reply: replies.SetupReply },
  ask: { request: requests.AskRequest, reply: replies.AskReply },
  tell: { request: requests.TellRequest, reply: replies.TellReply },
  strat: { request: requests.StratRequest, reply: replies.StratReply },
  resume: { request: requests.ResumeRequest, reply: replies.ResumeReply },
  exit: { request: requests.ExitRequest, reply: replies.ExitReply },
  clock: { request: ClockRequest, reply: ClockReply },
};

describeOnEngines("the examples of PROTOCOL.md", (engine) => {
  for (const coding of ["json", "messagepack"] as const) {
    it(`are answered as the page says over WebSocket in ${coding}`, async () => {
      await playOverWebSocket(await engine.makeReadyLocation(), coding);
    });

    it(`are answered as the page says through a door in memory in ${coding}`, async () => {
      await playInMemory(await engine.makeReadyLocation(), coding);
    });
  }
});

describe("the examples of PROTOCOL.md", () => {
  it("show every message type, one of the client's own, and every error code", () => {
    const types = new Set(examples.filter((example) => codeOf(example) === undefined).map(typeOf));
    expect([...types]).to.include.members([...messageTypes]);
    expect(types.size).to.be.greaterThan(messageTypes.length);
    expect(examples.map(codeOf)).to.include.members(errorCodes);
  });

  it("have requests of the form that the schemas describe", () => {
    for (const example of examples) {
      // What is wrong with these is their form.
      if (["malformed", "invalid"].includes(codeOf(example) ?? "")) continue;
      const schema = schemas[typeOf(example)]?.request ?? requests.Request;
      const faults = Schema.Errors(schema, toPlain(parseJson(example.request)));
      expect([...faults], `the request in line ${example.line}`).to.deep.equal([]);
    }
  });

  it("have replies of the form that the schemas describe", () => {
    for (const example of examples) {
      const isError = codeOf(example) !== undefined;
      const schema = isError ? ErrorReply : (schemas[typeOf(example)]?.reply ?? replies.OtherReply);
      const faults = Schema.Errors(schema, JSON.parse(example.reply));
      expect([...faults], `the reply to the request in line ${example.line}`).to.deep.equal([]);
    }
  });
});

/** A value with plain objects for maps, as schemas are checked. */
function toPlain(value: Value): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  return isMap(value) ? Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)])) : value;
}
