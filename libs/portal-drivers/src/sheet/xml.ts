import { SaxesParser } from 'saxes';
import { sheetProblem } from './problem.ts';

/** An element of a workbook's part, without the prefix of its name. */
interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface XmlReader {
  open(element: XmlElement): void;
  /** Words in the innermost element that is open. */
  text(words: string): void;
  close(name: string): void;
}

const MOST_DEPTH = 64;

/** Reads XML strictly, from its beginning to its end; no document type, so no entities of its own. Fails with `portal_unexpected`. */
export function readXml(source: string, reader: XmlReader): void {
  const parser = new SaxesParser({ position: false });
  let depth = 0;
  const damaged = () => sheetProblem('is damaged: a part of it is no XML');
  parser.on('error', () => {
    throw damaged();
  });
  parser.on('doctype', () => {
    throw sheetProblem('is no workbook: it declares a document type');
  });
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1;
    if (depth > MOST_DEPTH) throw damaged();
    reader.open({ name: local(name), attributes: attributes as Record<string, string> });
  });
  parser.on('text', (words) => reader.text(words));
  parser.on('cdata', (words) => reader.text(words));
  parser.on('closetag', ({ name }) => {
    depth -= 1;
    reader.close(local(name));
  });
  parser.write(source).close();
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);
