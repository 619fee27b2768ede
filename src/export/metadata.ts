import { type Value, isMap } from "../protocol/index.js";
import type { SessionOverview } from "../queries/index.js";

/** What is known of a session besides its own columns; null is the metadata as a whole, if it is not a map. */
export type MetadataName = string | null;

/** Collects the names of metadata, in order of first appearance. */
export class MetadataNames {
  readonly #names = new Set<MetadataName>();

  add({ extra_metadata }: Pick<SessionOverview, "extra_metadata">): void {
    if (isMap(extra_metadata)) for (const name of extra_metadata.keys()) this.#names.add(name);
    else if (extra_metadata !== null) this.#names.add(null);
  }

  /** Columns for `nameColumns`. */
  list(): { readonly kind: "metadata"; readonly name: MetadataName }[] {
    return Array.from(this.#names, (name) => ({ kind: "metadata", name }));
  }
}

/** The value of metadata of a session; null if it has none of that name. */
export function readMetadata(
  { extra_metadata }: Pick<SessionOverview, "extra_metadata">,
  name: MetadataName,
): Value {
  if (!isMap(extra_metadata)) return name === null ? extra_metadata : null;
  return name === null ? null : (extra_metadata.get(name) ?? null);
}
