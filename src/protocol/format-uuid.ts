/**
 * Formats 16 bytes as a UUID (RFC 9562), with the bits of its version and variant set.
 *
 * @param version 4 for random bytes, 5 for a SHA-1 hash, 8 for another hash.
 */
export function formatUuid(bytes: Uint8Array, version: 4 | 5 | 8): string {
  const hex = Array.from(bytes.subarray(0, 16), (byte, index) => {
    const marked = index === 6 ? (byte & 0x0f) | (version << 4) : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
