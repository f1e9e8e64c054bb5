#pragma once

#include "data/class_table.hpp"
#include "data/confusion.hpp"
#include "data/image.hpp"

namespace fpanet {

/// The confusion matrix as an RGB picture: a row per true class, a column per predicted class. A
/// cell shows the share of its row's pixels in percent, and is the darker the higher it is; the cells
/// of a class without pixels are empty.
Image confusion_figure(const ClassTable& classes, const ConfusionMatrix& confusion);

}  // namespace fpanet
