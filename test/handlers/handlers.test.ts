import { expect } from "chai";
import type { ReceivedMessage, Session, StoredMessage } from "../../src/derivation/index.js";
import { type Handler, SetupError, type SetupHandler, handlerOf } from "../../src/handlers/index.js";
import { type Request, type Value, messageTypes } from "../../src/protocol/index.js";

const current: Session = {
  id: "0b6c1f6e-6e0b-4f0e-9c57-3f4f7f0a5a11",
  experimentId: "the experiment",
  trialForm: { stimuliPerTrial: 1, outcomeNames: [] },
};

const stored: StoredMessage = {
  id: "m-1",
  sessionId: current.id,
  seq: 17,
  replayId: 4711,
  receivedAt: 1_764_000_000_123,
  trials: 3,
  derivationError: null,
  isDuplicate: false,
  digest: "d17",
};

const received = (type: string): ReceivedMessage => ({
  type,
  extraInfo: null,
  sentAt: null,
  occurrence: { occurredAt: null, clockOffsetMs: null, clockUncertaintyMs: null },
  frame: Uint8Array.of(0x80),
  id: "m-1",
  mayBeResent: true,
  receivedAt: 1_764_000_000_123,
  peer: "127.0.0.1:5000",
});

const map = (entries: Record<string, Value>) => new Map(Object.entries(entries));

/** A source of ids, and the ids that it made. */
function idSource(): { makeId: () => string; made: string[] } {
  const made: string[] = [];
  const makeId = () => {
    made.push(`made-${made.length}`);
    return made.at(-1)!;
  };
  return { makeId, made };
}

function setupHandler(): SetupHandler {
  const handler = handlerOf("setup");
  if (handler.binding !== "begins") throw new Error("The setup begins no session.");
  return handler;
}

function beginSession(request: Request, session?: Session, makeId = idSource().makeId) {
  return setupHandler().derive(request, received("setup"), session, makeId);
}

function derive(handler: Handler, request: Request, session = current) {
  if (handler.binding === "begins") throw new Error("This begins a session.");
  return handler.derive(request, received(request.type), session);
}

const setupWith = (metadata: string): Request => ({
  type: "setup",
  message: map({ config_str: `[common]\nstimuli_per_trial = 2\n[metadata]\n${metadata}` }),
});

describe("handlerOf", () => {
  it("gives every message type a handler of its own, and ask the one that only stores", () => {
    const handlers = messageTypes.map(handlerOf);
    expect(new Set(handlers)).to.have.property("size", messageTypes.length);
    const shared = messageTypes.filter((type) => handlerOf(type) === handlerOf("query"));
    expect(shared).to.deep.equal(["ask"]);
  });

  it("gives every unknown type the handler that only stores", () => {
    for (const type of [
      "query",
      "info",
      "can_model",
      "constructor",
      "tostring",
      "valueof",
      "has_own",
      "other",
    ]) {
      expect(handlerOf(type), type).to.equal(handlerOf("some_type_of_a_client"));
    }
  });

  it("says which messages change the connection's session", () => {
    const bindings = Object.fromEntries(
      [...messageTypes, "query"].map((type) => [type, handlerOf(type).binding]),
    );
    expect(bindings).to.deep.equal({
      setup: "begins",
      ask: "keeps",
      tell: "keeps",
      strat: "keeps",
      resume: "resumes",
      exit: "ends",
      query: "keeps",
    });
  });

  for (const type of [...messageTypes.filter((name) => name !== "setup"), "query"]) {
    it(`derives one write in the session from ${type}, the same each time`, () => {
      const request: Request = { type, message: map({ config: map({ x: [1, 2] }), outcome: [0, 1] }) };
      const before = structuredClone(request);
      const write = derive(handlerOf(type), request);
      expect(write).to.deep.include({
        kind: "message",
        message: received(type),
        sessionId: current.id,
        derivationError: null,
        isStrat: type === "strat",
      });
      expect(write.trials).to.have.length(type === "tell" ? 2 : 0);
      expect(derive(handlerOf(type), request)).to.deep.equal(write);
      expect(request).to.deep.equal(before);
    });
  }
});

describe("setup", () => {
  it("derives a session from its config", () => {
    const request = setupWith(
      "experiment_name = Contrast\nexperiment_id = e1\nparticipant_id = p1\nroom = B12",
    );
    const write = beginSession({ ...request, session: current.id });
    expect(write).to.deep.include({ kind: "session", message: received("setup") });
    expect(write.session).to.deep.include({
      id: current.id,
      experimentId: "e1",
      participantId: "p1",
      trialForm: { stimuliPerTrial: 2, outcomeNames: [] },
    });
    expect(write.session.fields.experimentName).to.equal("Contrast");
    expect(write.session.fields.extraMetadata).to.deep.equal(map({ room: "B12" }));
  });

  it("uses the ids of the message", () => {
    const { makeId, made } = idSource();
    const request = setupWith("experiment_id = e1\nparticipant_id = p1");
    beginSession({ ...request, session: current.id }, undefined, makeId);
    expect(made).to.deep.equal([]);
  });

  it("makes the ids that the message lacks", () => {
    const { makeId, made } = idSource();
    const { session } = beginSession(setupWith(""), undefined, makeId);
    expect([session.id, session.experimentId, session.participantId]).to.have.members(made);
    expect(made).to.have.length(3);
  });

  it("reuses the experiment_id of the connection's session, but neither its participant nor its id", () => {
    const { makeId, made } = idSource();
    const { session } = beginSession(setupWith(""), current, makeId);
    expect(session.experimentId).to.equal("the experiment");
    expect([session.id, session.participantId]).to.have.members(made);
    expect(made).to.have.length(2);
  });

  it("prefers the message's experiment_id to the one of the connection's session", () => {
    expect(beginSession(setupWith("experiment_id = e2"), current).session.experimentId).to.equal("e2");
  });

  it("reads the envelope's metadata", () => {
    const { session } = beginSession({
      ...setupWith(""),
      metadata: map({ participant_id: "p9", eye: "left" }),
    });
    expect(session.participantId).to.equal("p9");
    expect(session.fields.extraMetadata).to.deep.equal(map({ eye: "left" }));
  });

  it("derives the same from the same", () => {
    const request = setupWith("room = B12");
    const before = structuredClone(request);
    expect(beginSession(request, current)).to.deep.equal(beginSession(request, current));
    expect(request).to.deep.equal(before);
  });

  for (const [name, message] of [
    ["without message", undefined],
    ["with an empty message", ""],
    ["with null as message", null],
    ["with a list as message", []],
    ["with a key before any section", map({ config_str: "x = 1" })],
    ["with a number as config_dict", map({ config_dict: 5 })],
    ["with stimuli_per_trial 0", map({ config_str: "[common]\nstimuli_per_trial = 0" })],
  ] as [string, Value | undefined][]) {
    it(`throws for one ${name}`, () => {
      const request: Request = message === undefined ? { type: "setup" } : { type: "setup", message };
      expect(() => beginSession(request))
        .to.throw(SetupError)
        .with.property("code", "bad_setup");
    });
  }

  it("answers the strat_id, and what in the config has no effect", () => {
    expect(setupHandler().answer(stored, 2)).to.deep.equal({ strat_id: 2 });
    const warnings = ["Nothing uses it."];
    expect(setupHandler().answer(stored, 2, warnings)).to.deep.equal({ strat_id: 2, warnings });
  });
});

describe("tell", () => {
  const tell = handlerOf("tell");

  it("derives trials with their extra data", () => {
    const write = derive(tell, {
      type: "tell",
      message: map({ config: map({ x: 0.5 }), outcome: "1", rt: 300 }),
      extra_info: map({ rt: 1, eye: "left" }),
    });
    expect(write.trials).to.deep.equal([
      {
        modelData: true,
        extraData: '{"rt":300,"eye":"left"}',
        params: [{ name: "x", value: "0.5", number: 0.5 }],
        outcomes: [{ name: "outcome", value: 1, text: null }],
      },
    ]);
  });

  it("reads parameters by the session's stimuli per trial", () => {
    const session = { ...current, trialForm: { stimuliPerTrial: 2, outcomeNames: [] } };
    const message = map({ config: map({ x: [1, 2] }), outcome: 1 });
    expect(derive(tell, { type: "tell", message }, session).trials).to.have.length(1);
  });

  it("names outcomes by the session's outcome names", () => {
    const session = { ...current, trialForm: { stimuliPerTrial: 1, outcomeNames: ["seen", "rt"] } };
    const { trials } = derive(tell, { type: "tell", message: map({ outcome: [1, 300] }) }, session);
    expect(trials[0]?.outcomes.map(({ name }) => name)).to.deep.equal(["seen", "rt"]);
  });

  for (const [name, message] of [
    ["without message", undefined],
    ["with an empty message", ""],
    ["that is an empty batch", []],
    ["without outcome", map({ config: map({ x: 1 }) })],
    ["of which one in a batch is underivable", [map({ outcome: 1 }), map({ config: 5, outcome: 1 })]],
  ] as [string, Value | undefined][]) {
    it(`stores a tell ${name} with the reason and without trials`, () => {
      const write = derive(tell, message === undefined ? { type: "tell" } : { type: "tell", message });
      expect(write).to.deep.include({ kind: "message", sessionId: current.id, trials: [], isStrat: false });
      expect(write.derivationError).to.match(/^[A-Z].*\.$/);
    });
  }

  it("derives an outcome of many digits that is not a number quickly", () => {
    const start = performance.now();
    const { trials } = derive(tell, { type: "tell", message: map({ outcome: `${"1".repeat(20_000)}x` }) });
    expect(trials[0]?.outcomes[0]?.text).to.have.length(20_001);
    expect(performance.now() - start).to.be.below(500);
  });

  it("answers how many trials were stored, and no model", () => {
    expect(tell.answer(stored, 0)).to.deep.equal({ trials_recorded: 3, model_data_added: 0 });
    expect(tell.answer({ ...stored, isDuplicate: true }, 5)).to.deep.equal({
      trials_recorded: 3,
      model_data_added: 0,
    });
  });
});

describe("answers", () => {
  it("of a resume are the strat_id and the seq before it", () => {
    const resumed = { ...stored, earlierDigests: { last: "d16", known: undefined } };
    expect(handlerOf("resume").answer(resumed, 1)).to.deep.equal({
      strat_id: 1,
      last_seq: 16,
      last_digest: "d16",
    });
  });

  it("of a resume that names a seq carry its digest, null if there is none", () => {
    for (const known of ["d9", null]) {
      const resumed = { ...stored, earlierDigests: { last: "d16", known } };
      expect(handlerOf("resume").answer(resumed, 1)).to.include({ known_digest: known });
    }
  });

  it("of an exit are AEPsych's", () => {
    expect(handlerOf("exit").answer(stored, 0)).to.deep.equal({
      termination_type: "Normal termination",
      success: true,
    });
  });

  it("of ask, strat and other types have no members of their own", () => {
    for (const type of ["ask", "strat", "query"]) {
      expect(handlerOf(type).answer(stored, 0), type).to.equal(undefined);
    }
  });
});
