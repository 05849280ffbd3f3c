import { format } from 'node:util';
import { type Bindings, type ChildLoggerOptions, type DestinationStream, pino, type Logger as PinoLogger } from 'pino';
import { maskText } from './redaction/text.ts';
import { describeError, maskForLog } from './redaction/values.ts';

export type Logger = PinoLogger;

export interface LoggerOptions {
  /** Name of the process, in every line. */
  readonly name: string;
  /** pino level. Default `info`. */
  readonly level?: string;
  /** Default stderr: stdout belongs to a command's result. */
  readonly destination?: DestinationStream;
}

/**
 * One JSON line per event. Everything handed to it is masked by `redaction/` first: merged fields, a child's bindings, and
 * what a format string interpolates. pino's own `redact` is not used: its paths have a fixed depth.
 */
export function createLogger(options: LoggerOptions): Logger {
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { name: options.name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      // pino's own serializer would take what describeError made for an error and keep half of it.
      serializers: { err: (described: unknown) => described },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args as readonly unknown[];
          if (typeof first === 'string') return void method.apply(this, maskedWords(args) as typeof args);
          const words = maskedWords(rest);
          if (!(first instanceof Error)) return void method.apply(this, [maskForLog(first), ...words] as typeof args);
          const described = describeError(first);
          return void method.apply(this, [{ err: described }, ...(words.length > 0 ? words : [described.message])] as typeof args);
        },
      },
    },
    options.destination ?? standardError(),
  );
  // Bindings reach neither the hook nor, in a child, `formatters.bindings`. Children inherit these two from the root.
  const { child, setBindings } = logger;
  return Object.assign(logger, {
    child(this: Logger, bindings: Bindings, childOptions?: ChildLoggerOptions) {
      return Reflect.apply(child, this, [maskForLog(bindings), childOptions]) as Logger;
    },
    setBindings(this: Logger, bindings: Bindings) {
      Reflect.apply(setBindings, this, [maskForLog(bindings)]);
    },
  });
}

const PLACES = /%[sdifjoOc]/g;

/** What is said, put together first: `password=%s` shows nothing to mask before. What there is no place for is left out, as pino does. */
function maskedWords([text, ...values]: readonly unknown[]): readonly unknown[] {
  if (typeof text !== 'string') return text === undefined ? [] : [maskForLog(text)];
  const placed = values.slice(0, text.match(PLACES)?.length ?? 0);
  return [maskText(placed.length === 0 ? text : format(text, ...placed.map(maskForLog)))];
}

/** Lines that wait while stderr takes none (a full disk behind it), in bytes; what comes on top is dropped. */
const MAX_WAITING = 1_048_576;

/** A line that cannot be written is lost; it must not end a process that is changing a password. */
function standardError(): DestinationStream {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING });
  destination.on('error', () => {});
  // pino asks for it after a fatal line. It would try for ever what a full disk refuses, and the process that is to end would not; each line was tried at once already.
  destination.flushSync = () => undefined;
  return destination;
}
