/** Between a member or option `participant_id` and its value: quotes, signs and spaces, also escaped, or the marks of MessagePack. */
const separator = String.raw`(?:\\[ntr"]|["'\s:=,]|\uFFFD.?)*`;

/** After the value: the end of a JSON string, of a member, or of a line of a config. */
const end = String.raw`\s*(?:["'\\,;}\]\uFFFD#]|[\r\n]|$)`;

/** A function that says whether a text holds a session's id, in whatever case. */
export function nameMatcher(sessionId: string): (text: string) => boolean {
  return sessionId === "" ? () => false : (text) => text.toLowerCase().includes(sessionId);
}

/** A function that says whether a text gives this value to `participant_id`, in JSON, in a config, or in a frame that breaks off. */
export function participantMatcher(participantId: string): (text: string) => boolean {
  if (participantId === "") return () => false;
  const value = JSON.stringify(participantId)
    .slice(1, -1)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  // The names of options do not depend on case, the participant's does.
  const key = "participant_id".replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  const pattern = new RegExp(`${key}${separator}${value}${end}`, "m");
  return (text) => pattern.test(text);
}
