import type { DemoPerson } from './people.ts';

/** The people are this program's own, so nothing in the page comes from elsewhere but the interaction's id, which the provider made. */
export const choosingPage = (uid: string, people: readonly DemoPerson[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in on this machine</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem;color-scheme:light dark}
button{font:inherit;display:block;width:100%;text-align:left;padding:.6rem .9rem;margin:.4rem 0;border:1px solid #8888;border-radius:.5rem;background:none;cursor:pointer}
small{opacity:.75}</style></head>
<body><h1>Who are you?</h1><p>This sign-in is for this machine alone: nobody has a password here.</p>
<form method="post" action="/interaction/${uid}">${people
  .map((person) => `<button name="person" value="${person.id}">${person.name}<br><small>${person.groups.join(', ')}</small></button>`)
  .join('')}</form></body></html>`;
