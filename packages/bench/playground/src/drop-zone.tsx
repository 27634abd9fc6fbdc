import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

interface FileInput {
  readonly words: string;
  readonly accept?: string;
  readonly isFolder?: boolean;
  readonly isMany?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A place to drop files on, with buttons that do the same from the keyboard. */
export function DropZone({
  label,
  onDrop,
  inputs,
}: {
  readonly label: string;
  readonly onDrop: (transfer: DataTransfer) => void;
  readonly inputs: readonly FileInput[];
}): VNode {
  const [isOver, setIsOver] = useState(false);
  return (
    <div
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => {
        setIsOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        if (event.dataTransfer !== null) onDrop(event.dataTransfer);
      }}
    >
      <span>{label}</span>
      {inputs.map(({ words, accept, isFolder = false, isMany = false, onFiles }) => (
        <label key={words} class="file">
          {words}
          <input
            type="file"
            accept={accept}
            multiple={isMany || isFolder}
            {...(isFolder && { webkitdirectory: true })}
            onChange={({ currentTarget }) => {
              onFiles([...(currentTarget.files ?? [])]);
              // The same files may be chosen again.
              currentTarget.value = '';
            }}
          />
        </label>
      ))}
    </div>
  );
}
