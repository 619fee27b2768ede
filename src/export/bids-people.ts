import { escapeControls } from "../common/index.js";
import { type Value, formatJson } from "../protocol/index.js";
import { type SessionOverview, nameColumns } from "../queries/index.js";
import type { BidsParticipant, BidsPlace } from "./bids-layout.js";
import { formatBidsRows } from "./bids-table.js";
import { toCell } from "./cell.js";
import { MetadataNames, readMetadata } from "./metadata.js";

/** A table of a BIDS dataset with what its sidecar says of the columns. */
interface DescribedTable {
  readonly table: string;
  readonly columns: Readonly<Record<string, { readonly LongName?: string; readonly Description: string }>>;
}

/**
 * participants.tsv: each participant's label, original id, and what the metadata of all sessions of the participant agree on.
 */
export function describeParticipants(participants: readonly BidsParticipant[]): DescribedTable {
  const own = {
    participant_id: { Description: "The participant's label in this dataset" },
    original_id: {
      LongName: "Original participant id",
      Description: "The participant_id in the database; control characters are written as \\n, \\t, \\u0000",
    },
  };
  const metadata = nameMetadata(
    participants.flatMap(({ sessions }) => sessions),
    [...Object.keys(own), ...withMeaning],
    "Metadata of the participant; n/a where it is missing, or differs between sessions: see the _scans.tsv",
  );
  const rows = participants.map(({ label, id, sessions }) => [
    `sub-${label}`,
    id,
    ...metadata.map(({ valueOf }) => agreeOn(sessions.map(valueOf))),
  ]);
  return formatTable(own, metadata, rows);
}

/** The _scans.tsv of a participant: the file of each session, when it began, its id, and all of its metadata. */
export function describeScans(places: readonly BidsPlace[]): DescribedTable {
  const own = {
    filename: { Description: "The file of the session, from this folder" },
    acq_time: { Description: "When the first message of the session was received" },
    session_id: { Description: "The id of the session in the database" },
  };
  const sessions = places.map(({ session }) => session);
  const metadata = nameMetadata(sessions, [...Object.keys(own), ...withMeaning], "Metadata of the session");
  const rows = places.map(({ stem, session }) => [
    `${stem.slice(stem.indexOf("/") + 1)}_beh.tsv`,
    session.first_at,
    session.session_id,
    ...metadata.map(({ valueOf }) => valueOf(session)),
  ]);
  return formatTable(own, metadata, rows);
}

/** Names that have a meaning in these tables of BIDS, which a client's metadata of that name need not have. */
const withMeaning = ["HED", "operator", "strain", "strain_rrid", "species"];

interface MetadataColumn {
  readonly heading: string;
  readonly name: string | null;
  readonly description: string;
  readonly valueOf: (session: SessionOverview) => Value;
}

function nameMetadata(
  sessions: readonly SessionOverview[],
  taken: readonly string[],
  description: string,
): MetadataColumn[] {
  const names = new MetadataNames();
  for (const session of sessions) names.add(session);
  const found = names
    .list()
    .map(({ name }) => ({ name, valueOf: (session: SessionOverview) => readMetadata(session, name) }));
  if (sessions.some(({ experiment_description: text }) => text !== null && text !== ""))
    found.unshift({ name: "experiment_description", valueOf: (session) => session.experiment_description });
  // By their escaped names, so that no two headings are the same in the file.
  const written = found.map(({ name }) => ({ kind: "metadata", name: name && escapeControls(name).trim() }));
  return nameColumns(written, taken).map(({ heading }, index) => ({
    heading,
    description,
    name: found[index]?.name ?? null,
    valueOf: found[index]?.valueOf ?? (() => null),
  }));
}

/** The value that all have which have one; null if two differ. */
function agreeOn(values: readonly Value[]): Value {
  const given = values.filter((value) => value !== null);
  const texts = new Set(given.map(formatJson));
  return texts.size === 1 ? (given[0] ?? null) : null;
}

function formatTable(
  own: DescribedTable["columns"],
  metadata: readonly MetadataColumn[],
  rows: readonly (readonly Value[])[],
): DescribedTable {
  const headings = [...Object.keys(own), ...metadata.map(({ heading }) => heading)];
  const described = metadata.map(({ heading, name, description }) => {
    const longName = name === null || name === "" ? {} : { LongName: name };
    return [heading, { ...longName, Description: description }] as const;
  });
  return {
    table: formatBidsRows([headings, ...rows.map((row) => row.map(toCell))]),
    columns: { ...own, ...Object.fromEntries(described) },
  };
}
