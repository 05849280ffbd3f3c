import { html, raw } from 'hono/html';

export type Markup = ReturnType<typeof html>;

interface Document {
  readonly title: string;
  /** CSS. */
  readonly style: string;
  /** More for the head. */
  readonly head?: Markup;
  /** What is within `body`. */
  readonly body: Markup;
}

/** A whole document; what it shows is a portal's own. */
export const htmlDocument = ({ title, style, head, body }: Document): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${raw(style)}
        </style>
        ${head ?? ''}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
