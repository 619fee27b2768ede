import type { ReadOnlyStore } from "../database/index.js";
import type { ReadControl, SessionOverview } from "../queries/index.js";
import { type BidsPlace, layOutSessions } from "./bids-layout.js";
import { describeParticipants, describeScans } from "./bids-people.js";
import { makeBidsTable } from "./bids-table.js";
import { generatorName } from "./generator.js";

/** The BIDS specification that the dataset follows. */
export const bidsVersion = "1.10.0";

/** A file of a dataset. */
export interface DatasetFile {
  /** Its path in the dataset, with `/` as separator. */
  readonly path: string;
  /** Its text, piece by piece. */
  readonly content: AsyncIterable<string> | Iterable<string>;
}

export interface DatasetOptions extends ReadControl {
  /** The version of telltale to name in dataset_description.json. */
  readonly version: string;
}

/**
 * Sessions as a BIDS dataset of behavioural data: a `_beh.tsv` with its sidecar for each session, and the files that describe the
 * dataset. Read each file's text before asking for the next file.
 *
 * @throws the reason of the options' signal; DatabaseError `unavailable` when the database cannot be read now.
 */
export async function* streamBidsDataset(
  store: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  { version, ...control }: DatasetOptions,
): AsyncGenerator<DatasetFile, undefined, undefined> {
  const { places, participants } = await layOutSessions(store, sessions);
  yield { path: "dataset_description.json", content: [describeDataset(places, version)] };
  yield { path: "README", content: [readme] };
  const people = describeParticipants(participants);
  yield { path: "participants.tsv", content: [people.table] };
  yield { path: "participants.json", content: [formatJsonFile(people.columns)] };
  for (const place of places) {
    const { sidecar, rows } = await makeBidsTable(store, place, control);
    yield { path: `${place.stem}_beh.tsv`, content: rows };
    yield { path: `${place.stem}_beh.json`, content: [sidecar] };
  }
  const bySubject = new Map<string, BidsPlace[]>(participants.map(({ label }) => [label, []]));
  for (const place of places) bySubject.get(place.subject)?.push(place);
  for (const [subject, ofSubject] of bySubject) {
    const stem = `sub-${subject}/sub-${subject}_scans`;
    const scans = describeScans(ofSubject);
    yield { path: `${stem}.tsv`, content: [scans.table] };
    yield { path: `${stem}.json`, content: [formatJsonFile(scans.columns)] };
  }
  return undefined;
}

function describeDataset(places: readonly BidsPlace[], version: string): string {
  const tasks = [...new Set(places.map(({ taskName }) => taskName))];
  return formatJsonFile({
    Name: tasks.length === 1 ? tasks[0] : `${tasks.length} experiments`,
    BIDSVersion: bidsVersion,
    DatasetType: "raw",
    GeneratedBy: [{ Name: generatorName, Version: version }],
  });
}

function formatJsonFile(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

const readme = `This dataset was exported by telltale from the messages of behavioural experiments.

Each _beh.tsv holds the trials of one session, one row per trial: its number, its time in seconds after the first message of the
session, whether it was meant for a model, its parameters, its outcomes, and any extra data that the client sent. The JSON file next
to it describes the columns. Missing values and missing responses are n/a. Control characters in text (tabs, line ends) are written
as in JSON: \\t, \\n, \\u0000.

sub is the participant: participants.tsv lists the participant_id of each in the database. task is the name of the experiment, and run
counts the sessions of a participant with that task. The _scans.tsv of each participant lists when each session started, and its id
in the database.

Before you share this dataset, add the authors and the licence to dataset_description.json, and check whether times, ids and texts
reveal more about the participants than they should.
`;
