/**
 * How everything looks: colours, spacing and the few component defaults, for light and dark.
 *
 * Every text colour has at least 4.5:1 against what it stands on (WCAG 2.2, 1.4.3), which Mantine's own dimmed grey has not.
 */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const thread: MantineColorsTuple = [
  "#edf7f6", "#d8ecea", "#b0dad6", "#83c6c0", "#5cb3ac", "#3d9d96", "#2a8780", "#1f716b", "#185a55", "#0f4340",
]; // prettier-ignore
const dark: MantineColorsTuple = [
  "#dde3e8", "#b9c3cc", "#99a5b1", "#66737f", "#3c4751", "#2c353d", "#1f272e", "#151a1f", "#101418", "#0b0e11",
]; // prettier-ignore
const gray: MantineColorsTuple = [
  "#f7f8f8", "#eff1f2", "#e4e7e9", "#d5dadd", "#c2c9ce", "#9aa4ab", "#6f7a83", "#4d5861", "#323b43", "#1e252b",
]; // prettier-ignore

/** The theme of the whole app. */
export const theme = createTheme({
  primaryColor: "thread",
  primaryShade: { light: 7, dark: 7 },
  colors: { thread, dark, gray },
  black: "#1e252b",
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.5rem" }, h2: { fontSize: "1.125rem" }, h3: { fontSize: "1rem" } },
  },
  fontSizes: { md: "0.9375rem" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: {
      defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: false } },
    },
    Modal: { defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
  },
});

/** Mantine's variables where ours differ. */
export const variables: CSSVariablesResolver = () => ({
  variables: { "--mantine-spacing-page": "1.5rem" },
  light: {
    "--mantine-color-body": "#f7f8f8",
    "--mantine-color-dimmed": "#55616a",
    "--mantine-color-placeholder": "#66717a",
    "--mantine-color-error": "#b3261e",
    "--surface": "#ffffff",
    "--surface-quiet": "#f1f3f4",
    "--line": "#e1e5e7",
    "--link": "#185a55",
  },
  dark: {
    "--mantine-color-body": "#151a1f",
    "--mantine-color-dimmed": "#9ba7b3",
    "--mantine-color-placeholder": "#8d99a5",
    "--mantine-color-error": "#ff9d94",
    "--surface": "#1b2127",
    "--surface-quiet": "#222930",
    "--line": "#303a43",
    "--link": "#83c6c0",
  },
});
