#include "apps/fpanet_tool/program_page.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "apps/cli/memory.hpp"
#include "apps/report/html.hpp"
#include "apps/report/page.hpp"
#include "engine/graph/listing.hpp"

namespace fpanet {

namespace {

constexpr int kRow = 22;    // pixels from step to step
constexpr int kArcs = 260;  // width of the arcs at the left
constexpr int kStepsWidth = 1120;
constexpr int kArenaWidth = 1080, kArenaHeight = 420;

/// How far to the left an arc over `steps` steps swings: further for longer ones, but never out of
/// the picture.
double swing(std::size_t steps, std::size_t all) {
  return (kArcs - 30) * std::log2(1.0 + static_cast<double>(steps)) /
         std::log2(1.0 + static_cast<double>(std::max<std::size_t>(all, 2)));
}

/// A row for each step, with an arc from each step that it reads.
std::string steps_svg(const std::vector<ProgramStep>& steps) {
  double slowest = 0;
  for (const ProgramStep& step : steps) slowest = std::max(slowest, step.seconds.value_or(0));
  const auto middle = [](std::size_t i) { return kRow * static_cast<int>(i) + kRow / 2 + 4; };
  std::string arcs, rows;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ProgramStep& step = steps[i];
    for (const std::size_t source : step.from) {
      const int from = middle(source), to = middle(i);
      const double x = kArcs - swing(i - source, steps.size());
      const bool saved = steps[source].phase == Phase::forward && step.phase == Phase::backward;
      arcs += fmt::format("<path class=\"{}\" d=\"M{} {}C{:.0f} {} {:.0f} {} {} {}\"/>\n",
                          saved ? "saved" : "flow", kArcs, from, x, from, x, to, kArcs, to);
    }
    const std::string layer = step.layer.empty() ? ""
                                                 : fmt::format("<tspan class=\"soft\"> {}</tspan>",
                                                               html_escaped(step.layer));
    rows += fmt::format(
        "<g><title>{} {}{}: {}, {} bytes{}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" "
        "width=\"10\" "
        "height=\"{}\" rx=\"2\"/><text x=\"{}\" y=\"{}\">{} {}{}</text><text x=\"{}\" y=\"{}\">{}"
        "</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        i, html_escaped(step.ops), step.layer.empty() ? "" : " of " + html_escaped(step.layer),
        step.output, step.bytes, step.saved ? ", saved for backward" : "", name_of(step.phase),
        kArcs, middle(i) - 7, 14, kArcs + 16, middle(i) + 4, i, html_escaped(step.ops), layer,
        kArcs + 510, middle(i) + 4, step.output, kArcs + 700, middle(i) + 4,
        bytes_str(static_cast<Index>(step.bytes)));
    if (step.seconds) {
      rows += fmt::format(
          "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"8\"/>"
          "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.3f} ms</text>",
          name_of(step.phase), kArcs + 790, middle(i) - 4,
          slowest > 0 ? 60 * *step.seconds / slowest : 0, kArcs + 780, middle(i) + 4,
          1e3 * *step.seconds);
    }
    rows += "</g>\n";
  }
  return fmt::format(
      "<svg class=\"wide\" role=\"img\" aria-label=\"steps of the program\" width=\"{0}\" "
      "height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n{2}{3}</svg>",
      kStepsWidth, middle(steps.size()), arcs, rows);
}

/// Time goes to the right, node by node, and the arena upwards.
std::string arena_svg(const Graph& graph, const Plan& plan) {
  const auto nodes = static_cast<double>(graph.nodes().size() + 1);
  const auto arena = static_cast<double>(std::max<std::size_t>(plan.arena_bytes(), 1));
  const double column = kArenaWidth / nodes, scale = kArenaHeight / arena;
  std::string values;
  for (ValueId id = 0; id < static_cast<ValueId>(graph.value_count()); ++id) {
    const ValueInfo& info = graph.info(id);
    const auto offset = plan.offset(id);
    if (!offset || graph.base(id) != id) continue;
    const Lifetime lifetime = plan.lifetime(id);
    const int last = std::min(lifetime.last, static_cast<int>(graph.nodes().size()) - 1);
    const auto bytes = static_cast<double>(info.spec.bytes());
    const char* const kind = info.kind == ValueKind::input      ? "input"
                             : info.kind == ValueKind::gradient ? "backward"
                                                                : "forward";
    values += fmt::format(
        "<rect class=\"{}\" fill-opacity=\"{}\" stroke=\"var(--card)\" stroke-width=\"0.5\" "
        "x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"><title>%{}{}: {} {}, {} "
        "bytes "
        "at {}, nodes {} to {}{}</title></rect>\n",
        kind, is_saved(graph, id) ? 0.95 : 0.5, (lifetime.first + 1) * column,
        kArenaHeight - (static_cast<double>(*offset) + bytes) * scale,
        std::max(1.0, (last - lifetime.first + 1) * column), std::max(0.5, bytes * scale), id,
        info.name.empty() ? "" : " " + html_escaped(info.name), name_of(info.spec.dtype),
        info.spec.shape.str(), info.spec.bytes(), *offset, lifetime.first, lifetime.last,
        is_saved(graph, id) ? ", saved for backward" : "");
  }
  return fmt::format(
      "<svg class=\"wide\" role=\"img\" aria-label=\"the arena over time\" width=\"{0}\" "
      "height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n<rect class=\"box\" width=\"{0}\" "
      "height=\"{2}\"/>\n"
      "{3}<text x=\"0\" y=\"{4}\">node 0</text><text x=\"{0}\" y=\"{4}\" text-anchor=\"end\">node "
      "{5}"
      "</text></svg>",
      kArenaWidth, kArenaHeight + 20, kArenaHeight, values, kArenaHeight + 16,
      graph.nodes().size() - 1);
}

constexpr const char* kPageLegend =
    "<p class=\"legend\"><span><i style=\"background:var(--train)\"></i>forward</span>"
    "<span><i style=\"background:var(--val)\"></i>backward</span>"
    "<span><i style=\"background:var(--soft)\"></i>update, flow of data</span></p>";

}  // namespace

std::string listing_legend() {
  return "How to read it: a line for each node gives its number, phase, op, [its options,] <its "
         "implementation> and # its layer.\n"
         "  in   the values that it reads: %7, or %2=name for memory outside of the arena "
         "(parameters, "
         "inputs, state), or\n"
         "       %9(view of %8), which is the memory of %8 with another shape\n"
         "  out  a value that it writes, add: one that it adds to; then dtype and shape, bytes B, "
         "@ place in the arena,\n"
         "       [the first and the last node that use it]; in-place: it takes the memory of an "
         "input; "
         "saved: backward reads it\n\n";
}

std::string program_page(const std::string& title, const std::vector<std::string>& facts,
                         const std::vector<ProgramStep>& steps, const Graph& graph,
                         const Plan& plan) {
  std::string body;
  for (const std::string& fact : facts) body += fmt::format("<p>{}</p>\n", html_escaped(fact));
  body += page_section(
      "Steps",
      fmt::format("<p class=\"soft\">From top to bottom. An arc leads from the step that writes "
                  "a value to one that reads it; the arcs of another colour are values that "
                  "are saved for backward. Then shape, bytes in the arena, and time.</p>{}"
                  "<div class=\"card scroll\">{}</div>",
                  kPageLegend, steps_svg(steps)));
  body += page_section(
      "Arena",
      fmt::format(
          "<p class=\"soft\">Time goes to the right, node by node; the {} bytes of the arena "
          "go upwards. Each rectangle is a value from its first to its last use; dark ones are "
          "saved for backward.</p>{}<div class=\"card scroll\">{}</div>",
          plan.arena_bytes(), kPageLegend, arena_svg(graph, plan)));
  return html_page(title, body);
}

}  // namespace fpanet
