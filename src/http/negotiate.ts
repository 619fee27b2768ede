/** A media range of an Accept header. */
interface MediaRange {
  /** `type/subtype`, either of which may be `*`. */
  readonly name: string;
  readonly quality: number;
  readonly place: number;
}

/**
 * Chooses the media type that an Accept header prefers (RFC 9110, 12.5.1). The most specific range that names a type gives its
 * quality. Between equal qualities, a more specific range wins, then the order of the header, then that of `available`. Parameters
 * of ranges other than `q` are ignored.
 *
 * @returns undefined if the header takes none of them.
 */
export function negotiateType(accept: string | undefined, available: readonly string[]): string | undefined {
  const ranges = readRanges(accept ?? "*/*");
  const [best] = available
    .flatMap((type) => {
      const [family = ""] = type.split("/");
      const names = ["*/*", `${family}/*`, type];
      const named = names.map((name) => ranges.find((range) => range.name === name));
      const specificity = named.findLastIndex((range) => range !== undefined);
      const range = named[specificity];
      return range === undefined || range.quality === 0 ? [] : [{ type, specificity, ...range }];
    })
    .sort((a, b) => b.quality - a.quality || b.specificity - a.specificity || a.place - b.place);
  return best?.type;
}

function readRanges(accept: string): MediaRange[] {
  return accept.split(",").map((text, place) => {
    const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    return { name, quality: Number(weight) || 0, place };
  });
}
