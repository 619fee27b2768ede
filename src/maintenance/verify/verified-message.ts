/** A row of replay_data. */
export interface VerifiedMessage {
  readonly seq: number;
  readonly message_id: string;
  readonly message_type: string | null;
  readonly message_contents: Uint8Array | null;
  readonly timestamp: string | null;
  readonly digest: string | null;
  readonly sent_at: number | null;
  readonly extra_info: string | null;
  readonly derivation_error: string | null;
}
