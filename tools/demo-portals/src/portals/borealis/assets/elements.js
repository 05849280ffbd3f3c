/** Builds a DOM element; a string among the children is text, never markup. `onsubmit` and `onclick` are listeners. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value);
    else if (value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export const field = (id, label, attributes) =>
  element('p', {}, element('label', { for: id }, label), element('input', { id, name: id, required: '', ...attributes }));

export const problemLine = (id, text) => (text === null ? null : element('p', { id, class: 'problem', role: 'alert' }, text));

/** A form whose submit is taken by `send`, given the values by name; its button is dead meanwhile. */
export function form(id, button, send, ...children) {
  const submit = element('button', { id: `${id}-submit`, type: 'submit' }, button);
  return element(
    'form',
    {
      id,
      onsubmit: (event) => {
        event.preventDefault();
        submit.disabled = true;
        send(Object.fromEntries(new FormData(event.target))).finally(() => (submit.disabled = false));
      },
    },
    ...children,
    submit,
  );
}
