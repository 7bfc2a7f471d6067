// Adds our groups to the properties panel.
import { groupsOf } from "./groups.jsx";

class Provider {
  constructor(propertiesPanel, injector) {
    this.injector = injector;
    propertiesPanel.registerProvider(400, this);
  }

  getGroups(element) {
    return (groups) => {
      const general = groups.findIndex((group) => group.id === "general") + 1;
      return [...groups.slice(0, general), ...groupsOf(element, this.injector), ...groups.slice(general)];
    };
  }
}
Provider.$inject = ["propertiesPanel", "injector"];

export default { __init__: ["ourProperties"], ourProperties: ["type", Provider] };
