import { openApiDocument } from '../src/http/openapi.ts';

/** A part of a JSON Schema that the description uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

interface Document {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const PLAIN: Readonly<Record<string, string>> = { string: 'str', integer: 'int', number: 'float', boolean: 'bool', null: 'None' };

/** What the Python client has from the API's description: its version, the types of what is sent and answered, and the address of each operation. */
export function describedInPython(): string {
  const document = openApiDocument() as Document;
  const types = new PythonTypes();
  for (const [name, schema] of Object.entries(document.components.schemas)) types.define(name, schema);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `    "${operationId}": ("${method.toUpperCase()}", "${path}"),`),
  );
  return [`API_VERSION = "${document.info.version}"`, ...types.lines, '', '', '_OPERATIONS = {', ...operations, '}'].join('\n');
}

class PythonTypes {
  readonly lines: string[] = [];

  /** Under this name; what lies in it under names of its own. What a task failed with is no `TaskError`: that is what the client raises. */
  define(name: string, schema: Schema): void {
    const alternatives = schema.anyOf?.filter(({ properties }) => properties);
    if (alternatives && alternatives.length > 1) {
      const names = alternatives.map((one) => `${name}By${pascal(one.required?.[0] ?? '')}`);
      alternatives.forEach((one, i) => this.define(names[i] ?? name, one));
      this.lines.push('', '', `${name} = Union[${names.join(', ')}]`);
      return;
    }
    const required = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties ?? {}).map(([field, value]) => ({
      field,
      type: this.#typeOf(`${name}${field === 'error' ? 'Failure' : pascal(field)}`, value),
    }));
    const [always, perhaps] = [fields.filter(({ field }) => required.has(field)), fields.filter(({ field }) => !required.has(field))];
    const written = (those: typeof fields): string[] => (those.length === 0 ? ['    pass'] : those.map(({ field, type }) => `    ${field}: ${type}`));
    if (perhaps.length > 0) this.lines.push('', '', `class _${name}Perhaps(TypedDict, total=False):`, ...written(perhaps));
    this.lines.push('', '', `class ${name}(${perhaps.length > 0 ? `_${name}Perhaps` : 'TypedDict'}):`, ...written(always));
  }

  #typeOf(name: string, schema: Schema): string {
    if (schema.anyOf) return union(schema.anyOf.map((one) => this.#typeOf(name, one)));
    if (schema.enum) return `Literal[${schema.enum.map((word) => `"${word}"`).join(', ')}]`;
    if (Array.isArray(schema.type)) return union(schema.type.map((type: string) => this.#typeOf(name, { ...schema, type })));
    if (schema.type === 'array') return `List[${schema.items ? this.#typeOf(name.replace(/s$/, ''), schema.items) : 'Any'}]`;
    if (schema.type !== 'object') return PLAIN[String(schema.type)] ?? 'Any';
    if (schema.properties) {
      this.define(name, schema);
      return name;
    }
    const { additionalProperties: values } = schema;
    return `Dict[str, ${typeof values === 'object' && values.type ? this.#typeOf(name, values) : 'Any'}]`;
  }
}

const union = (types: readonly string[]): string => {
  const [first = 'Any', ...more] = [...new Set(types)].filter((type) => type !== 'None');
  const known = more.length === 0 ? first : `Union[${[first, ...more].join(', ')}]`;
  return types.includes('None') ? `Optional[${known}]` : known;
};

const pascal = (name: string): string => name.replaceAll(/(^|_)([a-z])/g, (_all, _before, letter: string) => letter.toUpperCase());
