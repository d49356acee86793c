// The parts of Preact's hooks that the console uses.
type Dependencies = readonly unknown[];
type Effect = () => void | (() => void);
export function useCallback<F extends (...given: any[]) => any>(callback: F, dependencies: Dependencies): F;
export function useEffect(effect: Effect, dependencies?: Dependencies): void;
export function useLayoutEffect(effect: Effect, dependencies?: Dependencies): void;
export function useMemo<T>(make: () => T, dependencies: Dependencies): T;
export function useRef<T>(initial: T): { current: T };
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
