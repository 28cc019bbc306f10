/// A text to look for. It lives in the URL, but one types here: the address follows.
import { Search } from 'lucide-react';
import { useEffect, useRef, useState, type FormEvent, type ReactNode, type Ref } from 'react';

const TYPING_MS = 300;

/** Asks a moment after the last key, at once with Enter. */
export function SearchBox(props: {
  value: string;
  label: string;
  hint: string;
  onChange: (value: string) => void;
  input?: Ref<HTMLInputElement>;
  isMono?: boolean;
}): ReactNode {
  const [typed, setTyped] = useState(props.value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const stop = () => {
    if (timer.current !== null) clearTimeout(timer.current);
  };
  // What is typed meanwhile, a blank at its end too, is not taken back by its own echo.
  useEffect(() => setTyped((last) => (last.trim() === props.value ? last : props.value)), [props.value]);
  useEffect(() => stop, []);
  const send = (value: string) => {
    stop();
    if (value.trim() !== props.value) props.onChange(value.trim());
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send(typed);
  };
  return (
    <form className="filter-box" onSubmit={onSubmit} role="search">
      <Search size={14} aria-hidden="true" />
      <input
        ref={props.input}
        className={props.isMono ? 'input mono' : 'input'}
        aria-label={props.label}
        placeholder={props.hint}
        value={typed}
        spellCheck={false}
        onChange={({ target: { value } }) => {
          setTyped(value);
          stop();
          timer.current = setTimeout(() => send(value), TYPING_MS);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </form>
  );
}
