/** Whether the screen is too narrow for a drawing. */
import { useMediaQuery } from "@mantine/hooks";

/** True on a phone, from the first moment on. */
export const useNarrow = (): boolean =>
  useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false;
