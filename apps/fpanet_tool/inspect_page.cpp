#include "apps/fpanet_tool/inspect_page.hpp"

#include <fmt/core.h>

#include <cmath>

#include "apps/cli/python_repr.hpp"
#include "apps/report/figures.hpp"
#include "apps/report/html.hpp"
#include "apps/report/page.hpp"

namespace fpanet {

namespace {

std::string short_number(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4g}", value);
}

std::string percent(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:.1f}%", 100 * share);
}

std::string full_number(double value) {
  return std::isnan(value) ? "" : python_repr(value);
}

}  // namespace

std::string node_table(const std::vector<NodeNumbers>& nodes) {
  std::string text =
      fmt::format("{:>4} {:22} {:18} {:>11} {:>11} {:>7} {:>11} {:>11}  {}\n", "node", "op",
                  "output", "mean", "deviation", "zeros", "gradient", "of weights", "layer");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeNumbers& node = nodes[i];
    text += fmt::format("{:>4} {:22} {:18} {:>11} {:>11} {:>7} {:>11} {:>11}  {}\n", i, node.op,
                        node.shape.str(), short_number(node.mean), short_number(node.deviation),
                        percent(node.zeros), short_number(node.gradient),
                        short_number(node.weight_gradient), node.layer);
  }
  return text;
}

std::string node_csv(const std::vector<NodeNumbers>& nodes) {
  std::string text = "node,op,layer,output,mean,deviation,zeros,gradient,weight_gradient\n";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeNumbers& node = nodes[i];
    text +=
        fmt::format("{},{},{},\"{}\",{},{},{},{},{}\n", i, node.op, node.layer, node.shape.str(),
                    full_number(node.mean), full_number(node.deviation), full_number(node.zeros),
                    full_number(node.gradient), full_number(node.weight_gradient));
  }
  return text;
}

std::string inspection_page(const std::string& title, const std::vector<std::string>& facts,
                            const std::vector<InspectedPicture>& pictures,
                            const std::vector<NodeNumbers>& nodes) {
  std::string body;
  for (const std::string& fact : facts) body += fmt::format("<p>{}</p>\n", html_escaped(fact));
  std::string figures;
  for (const InspectedPicture& picture : pictures) {
    const std::string caption = html_escaped(picture.caption);
    figures += fmt::format(
        "<figure class=\"card\"><figcaption>{}</figcaption><img alt=\"{}\" src=\"{}\"/></figure>\n",
        caption, caption, png_data_url(picture.image));
  }
  body += page_section("Pictures", fmt::format("<div class=\"gallery\">{}</div>", figures));
  std::string rows;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeNumbers& node = nodes[i];
    rows += fmt::format(
        "<tr><td>{} {}</td><td>{}</td><td>{}</td><td>{}</td><td><span class=\"bar\"><i "
        "style=\"width:{:.1f}%\"></i></span>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        i, html_escaped(node.op), node.shape.str(), short_number(node.mean),
        short_number(node.deviation), std::isnan(node.zeros) ? 0 : 100 * node.zeros,
        percent(node.zeros), short_number(node.gradient), short_number(node.weight_gradient),
        html_escaped(node.layer));
  }
  body += page_section(
      "Nodes",
      fmt::format(
          "<p class=\"soft\">A row for each recorded node: mean, deviation and share of zeros "
          "of its output; with a mask, the norms of the gradients of its output and of its "
          "weights.</p><div class=\"card scroll\"><table><thead><tr><th>node</th><th>output"
          "</th><th>mean</th><th>deviation</th><th>zeros</th><th>gradient</th><th>of weights"
          "</th><th>layer</th></tr></thead>\n<tbody>{}</tbody></table></div>",
          rows));
  return html_page(title, body);
}

}  // namespace fpanet
