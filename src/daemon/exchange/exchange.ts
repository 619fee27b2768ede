import { type Coding, type Value, isMap } from "../../protocol/index.js";
import type { Asked } from "./answer.js";
import type { ReplySlot } from "./replies.js";

/** Approximate memory of a waiting frame in addition to its bytes. */
const overheadBytes = 1024;

/** A type or id longer than the protocol allows is not repeated to the client. */
const longestEcho = 128;

/** A request, from its frame to its reply. */
export class Exchange implements Asked, ReplySlot {
  type: string | null = null;
  id: string | undefined = undefined;
  reply: ReplySlot["reply"] = undefined;
  isLast = false;
  readonly receivedAt = Date.now();

  constructor(
    readonly frame: Buffer,
    readonly coding: Coding,
  ) {}

  /** Memory that the request takes while it waits. */
  get bytes(): number {
    return this.frame.length + overheadBytes;
  }

  /** Notes the type and id of a decoded frame, as far as they can be read. */
  noteAsked(value: Value): void {
    if (!isMap(value)) return;
    const type = value.get("type");
    const id = value.get("id");
    if (typeof type === "string" && type.length <= longestEcho) this.type = type;
    if (typeof id === "string" && id.length <= longestEcho) this.id = id;
  }
}
