import type { ComponentChildren, VNode } from 'preact';

/** A plot as it is drawn. */
export interface DrawnPlot {
  readonly words: string;
  readonly svg: string;
}

/** Looks a plot up by its name; undefined for one that has no data. */
export type FindPlot = (name: string) => DrawnPlot | undefined;

/** A part of the page: its heading and how to read it in the margin, its content beside them. */
export function Section({
  id,
  title,
  note,
  isBroad = false,
  children,
}: {
  readonly id?: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  /** The content needs the margin too. */
  readonly isBroad?: boolean;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <section id={id} class={isBroad ? 'broad' : undefined}>
      <header>
        <h2>{title}</h2>
        {note === undefined ? null : <p class="note">{note}</p>}
      </header>
      <div class="body">{children}</div>
    </section>
  );
}

/** What is too long to lead with. */
export function Details({
  summary,
  children,
}: {
  readonly summary: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <details>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}

/** Wide content scrolls by itself, by keyboard too, and leaves the page in place. */
export function Scroll({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** A drawing that Vega made, with words for those who do not see it. */
export function Drawing({
  svg,
  words,
  kind,
}: {
  readonly svg: string;
  readonly words: string;
  readonly kind?: 'wide' | 'narrow';
}): VNode {
  return <div class={kind} role="img" aria-label={words} dangerouslySetInnerHTML={{ __html: svg }} />;
}

/** A card with the plot of each name that has one: the plots `OF-NAME`. */
export function PlotCards({
  of,
  names,
  find,
}: {
  readonly of: string;
  readonly names: readonly string[];
  readonly find: FindPlot;
}): VNode {
  return (
    <div class="cards">
      {names.map((name) => {
        const drawn = find(`${of}-${name}`);
        return drawn === undefined ? null : (
          <figure key={name} class="card">
            <h3>{name}</h3>
            <Drawing {...drawn} />
          </figure>
        );
      })}
    </div>
  );
}

/** Names and what belongs to them. */
export function Entries({
  entries,
}: {
  readonly entries: readonly (readonly [name: string, value: string])[];
}): VNode {
  return (
    <dl class="entries">
      {entries.map(([name, value]) => [
        <dt key={`${name} name`}>{name}</dt>,
        <dd key={`${name} value`}>{value}</dd>,
      ])}
    </dl>
  );
}

export function Code({ text }: { readonly text: string }): VNode {
  return (
    <pre tabIndex={0}>
      <code>{text}</code>
    </pre>
  );
}
