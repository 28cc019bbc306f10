/// Which language the console speaks, and its dictionary. Vietnamese is the shape; English follows.
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { en } from './en';
import { vi } from './vi';

export type Language = 'vi' | 'en';
export type Dictionary = Widen<typeof vi>;

/** String literals become `string`, functions stay; so both tables have the same keys and shapes. */
type Widen<T> = {
  [K in keyof T]: T[K] extends string ? string : T[K] extends Func ? T[K] : Widen<T[K]>;
};
type Func = (...values: never[]) => string;

interface Speech {
  language: Language;
  text: Dictionary;
  setLanguage: (language: Language) => void;
}

const KEY = 'haidang.language';
const SpeechContext = createContext<Speech>({
  language: 'vi',
  text: vi,
  setLanguage: () => undefined,
});

export function SpeechProvider(props: { children: ReactNode; language?: Language }): ReactNode {
  const [language, setLanguage] = useState<Language>(() => props.language ?? remembered());
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem(KEY, language);
  }, [language]);
  const speech = useMemo(
    () => ({ language, text: language === 'vi' ? vi : en, setLanguage }),
    [language],
  );
  return <SpeechContext value={speech}>{props.children}</SpeechContext>;
}

export function useText(): Dictionary {
  return useContext(SpeechContext).text;
}

export function useSpeech(): Speech {
  return useContext(SpeechContext);
}

function remembered(): Language {
  return localStorage.getItem(KEY) === 'en' ? 'en' : 'vi';
}
