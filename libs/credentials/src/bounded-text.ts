/** The body of an answer as UTF-8; `null` where it has more than `most` bytes, of which no more than that is held. Fails as reading a body does. */
export async function boundedText(response: Response, most: number): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    // Leaving the loop ends the rest of the body.
    if ((size += part.byteLength) > most) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
